-- Rows are kept for a time, and so many of a workflow. What was written before has
-- no workflow and counts as written now.
-- +goose Up
ALTER TABLE kind_runs ADD COLUMN definition {text} NOT NULL DEFAULT ''; -- the workflow
ALTER TABLE kind_runs ADD COLUMN kept BIGINT NOT NULL DEFAULT 0;        -- rows that are there
ALTER TABLE kind_runs ADD COLUMN written_at BIGINT NOT NULL DEFAULT 0;  -- the last of them; microseconds since 1970
ALTER TABLE kind_runs ADD COLUMN expired_at BIGINT NOT NULL DEFAULT 0;  -- when they were given up; zero: they were not

-- +only sqlite
UPDATE kind_runs SET written_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000000;
-- +end
-- +only postgres
UPDATE kind_runs SET written_at = CAST(extract(epoch FROM now()) AS BIGINT) * 1000000;
-- +end
UPDATE kind_runs SET kept = (SELECT COALESCE(MAX(number), 0) FROM kind_outcome_rows r WHERE r.workspace = kind_runs.workspace AND r.run = kind_runs.run);

-- The newest of each workflow first.
CREATE INDEX kind_runs_kept ON kind_runs (workspace, definition, run DESC) WHERE kept > 0;
