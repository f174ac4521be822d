SELECT w.n, s.key, coalesce((SELECT max(e.version) FROM events e WHERE e.stream = s.key), 0)
FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS w (category, id, n)
JOIN event_streams s ON s.category = w.category AND s.id = w.id
