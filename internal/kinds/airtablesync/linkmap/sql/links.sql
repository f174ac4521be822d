-- The table airtable_sync_links. Reads name the pair by workspace, workflow and
-- pair, writes by its key.

-- name: the_pair
(SELECT key FROM airtable_sync_pairs WHERE workspace = $1 AND workflow = $2 AND pair = $3)

-- name: the_ids
-- $4 is a JSON array of record ids.
-- +only sqlite
IN (SELECT value FROM json_each($4))
-- +end
-- +only postgres
= ANY (ARRAY(SELECT json_array_elements_text($4::json)))
-- +end

-- name: read_links
SELECT source_record, target_record, created, cells_hash, answer_hash, swept, listed, listed_hash, listed_answer
FROM airtable_sync_links
WHERE pair = {the_pair} AND source_record {the_ids}

-- name: targets_of_sources
SELECT source_record, target_record FROM airtable_sync_links
WHERE pair = {the_pair} AND target_record <> '' AND source_record {the_ids}

-- name: sources_of_targets
-- Walks airtable_sync_links_by_target.
SELECT target_record, source_record FROM airtable_sync_links
WHERE pair = {the_pair} AND target_record {the_ids}

-- name: list_missing
-- Rows of ours whose source row the sweep did not see and whose target row the
-- listing did.
SELECT source_record, target_record FROM airtable_sync_links
WHERE pair = {the_pair} AND source_record > $4
	AND created = 1 AND target_record <> '' AND swept <> $5 AND listed = $6
ORDER BY source_record LIMIT $7

-- name: count_links
SELECT COUNT(*), COALESCE(SUM(CASE WHEN created = 1 AND swept <> $4 AND listed = $5 THEN 1 ELSE 0 END), 0)
FROM airtable_sync_links
WHERE pair = {the_pair} AND target_record <> ''

-- name: sweep_link
-- The sweep saw a source row. A row without a target is an intention: it is
-- there before the write, so that a target row whose answer was lost is known
-- as ours.
INSERT INTO airtable_sync_links (pair, source_record, created, swept)
VALUES ($1, $2, 1, $3)
ON CONFLICT (pair, source_record) DO UPDATE SET swept = excluded.swept

-- name: write_link
INSERT INTO airtable_sync_links (pair, source_record, target_record, created, cells_hash, answer_hash)
VALUES ($1, $2, $3, 1, $4, $5)
ON CONFLICT (pair, source_record) DO UPDATE
SET target_record = excluded.target_record, cells_hash = excluded.cells_hash, answer_hash = excluded.answer_hash

-- name: list_link
-- The listing saw a target row. One that is found without a line here was not
-- made by this sync.
INSERT INTO airtable_sync_links (pair, source_record, target_record, created, listed, listed_hash, listed_answer)
VALUES ($1, $2, $3, 0, $4, $5, $6)
ON CONFLICT (pair, source_record) DO UPDATE
SET target_record = excluded.target_record, listed = excluded.listed,
	listed_hash = excluded.listed_hash, listed_answer = excluded.listed_answer

-- name: forget_link
DELETE FROM airtable_sync_links WHERE pair = $1 AND source_record = $2

-- name: clean_links
-- What a completed sweep did not see and the target does not have, or what is
-- not ours, needs no line.
DELETE FROM airtable_sync_links
WHERE pair = $1 AND swept <> $2 AND (listed <> $3 OR created = 0)

-- name: drop_links
DELETE FROM airtable_sync_links
WHERE pair IN (SELECT key FROM airtable_sync_pairs WHERE workspace = $1 AND workflow = $2)
