INSERT INTO airtablesync_links (workspace, workflow, pair, source_record, target_record, created, cells_hash, answer_hash)
VALUES ($1, $2, $3, $4, $5, 1, $6, $7)
ON CONFLICT (workspace, workflow, pair, source_record) DO UPDATE
   SET target_record = excluded.target_record, cells_hash = excluded.cells_hash, answer_hash = excluded.answer_hash;
