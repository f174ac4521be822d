-- name: add_run
INSERT INTO kind_runs (workspace, execution, run)
SELECT $1, $2, COALESCE(MAX(run), 0) + 1 FROM kind_runs WHERE workspace = $1
RETURNING run

-- name: find_run
SELECT run FROM kind_runs WHERE workspace = $1 AND execution = $2

-- name: add_batch
INSERT INTO kind_outcome_batches (workspace, run, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (workspace, run, fingerprint) DO NOTHING

-- name: last_number
-- Asks the end of the primary key.
SELECT COALESCE(MAX(number), 0) FROM kind_outcome_rows WHERE workspace = $1 AND run = $2

-- name: add_row
INSERT INTO kind_outcome_rows (workspace, run, number, table_name, record, field, what, code, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: add_count
INSERT INTO kind_outcome_counts (workspace, run, table_name, what, code, counted) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (workspace, run, table_name, what, code) DO UPDATE SET counted = kind_outcome_counts.counted + excluded.counted

-- name: list_rows
-- Walks the primary key.
SELECT number, table_name, record, field, what, code, message
FROM kind_outcome_rows
WHERE workspace = $1 AND run = (SELECT run FROM kind_runs WHERE workspace = $1 AND execution = $2) AND number > $3
ORDER BY number LIMIT $4

-- name: list_counts
SELECT table_name, what, code, counted
FROM kind_outcome_counts
WHERE workspace = $1 AND run = (SELECT run FROM kind_runs WHERE workspace = $1 AND execution = $2)
ORDER BY table_name, what, code
