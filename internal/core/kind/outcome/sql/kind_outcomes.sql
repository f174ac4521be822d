-- name: add_run
INSERT INTO kind_runs (workspace, execution, definition, run)
SELECT $1, $2, $3, COALESCE(MAX(run), 0) + 1 FROM kind_runs WHERE workspace = $1
RETURNING run

-- name: find_run
SELECT run, kept, expired_at FROM kind_runs WHERE workspace = $1 AND execution = $2

-- name: grow_run
UPDATE kind_runs SET kept = $3, written_at = $4 WHERE workspace = $1 AND run = $2

-- name: add_batch
INSERT INTO kind_outcome_batches (workspace, run, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (workspace, run, fingerprint) DO NOTHING

-- name: add_row
INSERT INTO kind_outcome_rows (workspace, run, number, table_name, record, field, what, code, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: add_count
INSERT INTO kind_outcome_counts (workspace, run, table_name, what, code, counted) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (workspace, run, table_name, what, code) DO UPDATE SET counted = kind_outcome_counts.counted + excluded.counted

-- name: select_rows
-- Walks the primary key.
SELECT number, table_name, record, field, what, code, message
FROM kind_outcome_rows
WHERE workspace = $1 AND number > $3
	AND run = (SELECT CASE WHEN expired_at = 0 THEN run END FROM kind_runs WHERE workspace = $1 AND execution = $2)

-- name: list_rows
{select_rows}
ORDER BY number LIMIT $4

-- name: list_rows_that
-- Passes over the rows of one execution, of which there are never many.
{select_rows} AND $5 IN ('', table_name) AND $6 IN ('', what) AND $7 IN ('', code)
ORDER BY number LIMIT $4

-- name: list_counts
SELECT table_name, what, code, counted
FROM kind_outcome_counts
WHERE workspace = $1 AND run = (SELECT run FROM kind_runs WHERE workspace = $1 AND execution = $2)
ORDER BY table_name, what, code

-- name: next_workspace
-- Of those that have rows. Walks kind_runs_kept.
SELECT workspace, COALESCE((SELECT id FROM db_workspaces WHERE key = workspace), '')
FROM kind_runs WHERE kept > 0 AND workspace > $1
ORDER BY workspace LIMIT 1

-- name: list_kept
-- The newest of each workflow first. Walks kind_runs_kept.
SELECT run, execution, definition, kept, written_at, expired_at
FROM kind_runs WHERE workspace = $1 AND kept > 0
ORDER BY definition, run DESC

-- name: expire_run
UPDATE kind_runs SET expired_at = $3 WHERE workspace = $1 AND run = $2 AND expired_at = 0

-- name: expire_runs
-- Walks kind_runs_kept.
UPDATE kind_runs SET expired_at = $3 WHERE workspace = $1 AND definition = $2 AND kept > 0 AND expired_at = 0

-- name: drop_rows
DELETE FROM kind_outcome_rows WHERE workspace = $1 AND run = $2 AND number <= $3

-- name: drop_batches
DELETE FROM kind_outcome_batches WHERE workspace = $1 AND run = $2

-- name: empty_run
UPDATE kind_runs SET kept = 0 WHERE workspace = $1 AND run = $2
