-- How far the rows are.

-- name: read_checkpoint
SELECT position FROM read_checkpoint WHERE id = 1

-- name: write_checkpoint
UPDATE read_checkpoint SET position = $1 WHERE id = 1
