-- What a store says about itself before it is known to be ours.

-- name: read_format
SELECT format FROM db_owner WHERE id = 1

-- name: list_columns
-- +only sqlite
SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~'
ORDER BY t.name
-- +end
-- +only postgres
SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = to_regnamespace($1)
ORDER BY c.relname
-- +end
