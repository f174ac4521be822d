-- The listing saw a target row. One that is found without a line here was not
-- made by this sync.
INSERT INTO airtablesync_links (workspace, workflow, pair, source_record, target_record, created, listed, listed_hash, listed_answer)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)
ON CONFLICT (workspace, workflow, pair, source_record) DO UPDATE
   SET target_record = excluded.target_record, listed = excluded.listed,
       listed_hash = excluded.listed_hash, listed_answer = excluded.listed_answer;
