INSERT INTO event_streams (key, category, id)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])
