INSERT INTO event_actors (key, kind, id)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
