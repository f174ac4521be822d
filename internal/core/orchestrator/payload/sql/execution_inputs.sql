-- name: keep
INSERT INTO execution_inputs (workspace, execution, sealed, blob) VALUES ($1, $2, $3, $4)

-- name: read
SELECT sealed, blob FROM execution_inputs WHERE workspace = $1 AND execution = $2
