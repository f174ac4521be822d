-- What an append runs; each column of the rows is one array.

-- name: lookup
SELECT w.n, s.key, coalesce((SELECT max(e.version) FROM events e WHERE e.stream = s.key), 0), coalesce(s.labels, 0)
FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS w (category, id, n)
JOIN event_streams s ON s.category = w.category AND s.id = w.id

-- name: add_streams
-- Labels of 0 are none.
INSERT INTO event_streams (key, category, id, labels)
SELECT u.key, u.category, u.id, nullif(u.labels, 0)
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) AS u (key, category, id, labels)

-- name: add_events
-- Epoch and time are the same for all rows of a commit; an actor of 0 is none.
INSERT INTO events (position, stream, version, type, schema, actor, data, journal, meta, epoch, time)
SELECT u.position, u.stream, u.version, u.type, u.schema, nullif(u.actor, 0), u.data, u.journal, u.meta, $10::integer, $11::bigint
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::integer[], $7::json[], $8::bytea[], $9::json[])
	AS u (position, stream, version, type, schema, actor, data, journal, meta)
