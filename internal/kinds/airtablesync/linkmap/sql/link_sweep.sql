-- The sweep saw a source row. A row without a target is an intention: it is
-- there before the write, so that a target row whose answer was lost is known
-- as ours.
INSERT INTO airtablesync_links (workspace, workflow, pair, source_record, created, swept)
VALUES ($1, $2, $3, $4, 1, $5)
ON CONFLICT (workspace, workflow, pair, source_record) DO UPDATE SET swept = excluded.swept;
