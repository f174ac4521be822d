-- The tables secret_master and secret_data_keys.

-- name: read_master
SELECT fingerprint FROM secret_master WHERE id = 1

-- name: write_master
INSERT INTO secret_master (id, fingerprint) VALUES (1, $1)

-- name: newest_data_key
-- Ids are UUIDv7: the greatest is the newest.
SELECT id, wrapped FROM secret_data_keys WHERE workspace = $1 ORDER BY id DESC LIMIT 1

-- name: read_data_key
SELECT wrapped FROM secret_data_keys WHERE workspace = $1 AND id = $2

-- name: write_data_key
INSERT INTO secret_data_keys (workspace, id, wrapped) VALUES ($1, $2, $3)
