INSERT INTO secrets (workspace, id, data_key, sealed, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5)
