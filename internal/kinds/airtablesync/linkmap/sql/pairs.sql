-- The table airtable_sync_pairs. Reads name the pair of tables by workspace,
-- workflow and pair, writes by its key.

-- name: the_tables
(SELECT key FROM airtable_sync_tables WHERE workspace = $1 AND workflow = $2 AND pair = $3)

-- name: the_ids
-- $4 is a JSON array of record ids.
-- +only sqlite
IN (SELECT value FROM json_each($4))
-- +end
-- +only postgres
= ANY (ARRAY(SELECT json_array_elements_text($4::json)))
-- +end

-- name: read_pairs
-- Walks airtable_sync_pairs_by_left.
SELECT left_record, COALESCE(right_record, ''), right_made, left_cells, right_cells, losses, owed, swept, listed, listed_cells
FROM airtable_sync_pairs
WHERE tables = {the_tables} AND left_record {the_ids}

-- name: rights_of_lefts
-- Walks airtable_sync_pairs_by_left.
SELECT left_record, right_record FROM airtable_sync_pairs
WHERE tables = {the_tables} AND right_record IS NOT NULL AND left_record {the_ids}

-- name: lefts_of_rights
-- Walks airtable_sync_pairs_by_right.
SELECT right_record, left_record FROM airtable_sync_pairs
WHERE tables = {the_tables} AND left_record IS NOT NULL AND right_record {the_ids}

-- name: list_missing
-- Right rows that the listing saw and whose left row the sweep did not see: those
-- that this sync has made, or with $7 = 0 the others too.
SELECT left_record, right_record, right_made FROM airtable_sync_pairs
WHERE tables = {the_tables} AND left_record > $4
	AND right_made >= $7 AND right_record IS NOT NULL AND swept <> $5 AND listed = $6
ORDER BY left_record LIMIT $8

-- name: count_pairs
SELECT COUNT(*),
	COALESCE(SUM(CASE WHEN right_made = 1 AND swept <> $4 AND listed = $5 THEN 1 ELSE 0 END), 0),
	COALESCE(SUM(CASE WHEN right_made = 0 AND swept <> $4 AND listed = $5 THEN 1 ELSE 0 END), 0)
FROM airtable_sync_pairs
WHERE tables = {the_tables} AND right_record IS NOT NULL

-- name: list_owed
-- Walks airtable_sync_pairs_owed.
SELECT left_record FROM airtable_sync_pairs
WHERE tables = {the_tables} AND owed = 1 AND left_record > $4
ORDER BY left_record LIMIT $5

-- name: owe_pair
-- A pair that has no right row yet is written anyway.
UPDATE airtable_sync_pairs SET owed = 1 WHERE tables = $1 AND left_record = $2 AND right_record IS NOT NULL

-- name: sweep_pair
UPDATE airtable_sync_pairs SET swept = $3 WHERE tables = $1 AND left_record = $2

-- name: settle_pair
-- Both sides are as they were read; with $4 = 0, the right side was not.
UPDATE airtable_sync_pairs
SET owed = 0, left_cells = $3, right_cells = CASE WHEN $4 = 1 THEN listed_cells ELSE right_cells END
WHERE tables = $1 AND left_record = $2

-- name: intend_pair
UPDATE airtable_sync_pairs SET right_made = 1 WHERE tables = $1 AND left_record = $2

-- name: add_left
-- A pair without a right row is an intention: it is there before the write, so
-- that a row whose answer was lost is known as ours.
INSERT INTO airtable_sync_pairs (tables, id, left_record, origin, right_made, swept) VALUES ($1, $2, $3, 1, 1, $4)

-- name: list_known
UPDATE airtable_sync_pairs SET listed = $4, listed_cells = $5, right_cells = COALESCE($6, right_cells)
WHERE tables = $1 AND left_record = $2 AND right_record = $3

-- name: free_right
-- The right row belongs to another pair from now on.
UPDATE airtable_sync_pairs SET right_record = NULL, left_cells = NULL, right_cells = NULL
WHERE tables = $1 AND right_record = $2 AND left_record <> $3

-- name: list_other
UPDATE airtable_sync_pairs SET right_record = $3, listed = $4, listed_cells = $5
WHERE tables = $1 AND left_record = $2

-- name: add_both
-- A right row that is found without a pair was not made by this sync.
INSERT INTO airtable_sync_pairs (tables, id, left_record, right_record, origin, listed, listed_cells)
VALUES ($1, $2, $3, $4, 3, $5, $6)

-- name: write_pair
-- $4 is 1 or 0 if it is known now who made the row, else below zero.
UPDATE airtable_sync_pairs
SET right_record = $3, right_made = CASE WHEN $4 < 0 THEN right_made ELSE $4 END, left_cells = $5, right_cells = $6, losses = $7, owed = $8
WHERE tables = $1 AND left_record = $2

-- name: forget_pair
DELETE FROM airtable_sync_pairs WHERE tables = $1 AND left_record = $2

-- name: clean_pairs
-- What a completed sweep did not see and the target does not have, or what is
-- not ours, needs no pair.
DELETE FROM airtable_sync_pairs
WHERE tables = $1 AND swept <> $2 AND (listed <> $3 OR right_made = 0)

-- name: drop_pairs
DELETE FROM airtable_sync_pairs
WHERE tables IN (SELECT key FROM airtable_sync_tables WHERE workspace = $1 AND workflow = $2)
