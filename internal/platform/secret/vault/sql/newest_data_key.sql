-- Ids are UUIDv7: the greatest is the newest.
SELECT id, wrapped FROM secret_data_keys WHERE workspace = $1 ORDER BY id DESC LIMIT 1
