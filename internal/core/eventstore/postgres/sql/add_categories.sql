INSERT INTO event_categories (key, workspace, type)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
