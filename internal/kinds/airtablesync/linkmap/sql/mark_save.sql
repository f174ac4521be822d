INSERT INTO airtablesync_marks (workspace, workflow, pair, mark, fingerprint)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (workspace, workflow, pair) DO UPDATE SET mark = excluded.mark, fingerprint = excluded.fingerprint;
