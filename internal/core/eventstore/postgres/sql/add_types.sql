INSERT INTO event_types (key, name)
SELECT * FROM unnest($1::bigint[], $2::text[])
