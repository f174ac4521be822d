-- Pairs of rows with an id of their own, either side of which may be missing, and
-- a hash per cell on both sides: that is what two-way syncs, conflicts and undo
-- refer to. Nothing was released with the tables before, so they are not carried
-- over: the next run of a workflow is a full one, finds its rows by their external
-- IDs and takes them for rows that were there.

-- +goose Up
DROP TABLE airtable_sync_links;
DROP TABLE airtable_sync_pairs;

-- A pair of tables of one workflow, and where its next incremental run begins.
CREATE TABLE airtable_sync_tables (
	key         {key}   PRIMARY KEY,
	workspace   INTEGER NOT NULL, -- key in db_workspaces
	workflow    {text}  NOT NULL,
	pair        {text}  NOT NULL, -- source base/table>target base/table
	last_pair   BIGINT  NOT NULL DEFAULT 0, -- the last id of a pair of rows: none is given twice
	mark        BIGINT,           -- Airtable's clock, microseconds since 1970, UTC
	fingerprint TEXT,             -- of the mapping that was synced up to the mark
	bound       {json},           -- what the names of the configuration meant (plan.Bound)
	UNIQUE (workspace, workflow, pair)
);

-- A row on the left (the source) and the row on the right (the target) that
-- belongs to it. tables is a key of airtable_sync_tables, which belongs to one
-- workspace and one workflow. There are hashes only: no cell is kept here.
CREATE TABLE airtable_sync_pairs (
	tables       BIGINT   NOT NULL,
	id           BIGINT   NOT NULL,
	left_record  {text},            -- NULL: there is none
	right_record {text},            -- NULL: there is none yet, or it is gone
	origin       SMALLINT NOT NULL, -- which side the pair began with: 1 left, 2 right, 3 both were there
	left_made    SMALLINT NOT NULL DEFAULT 0, -- 1: this sync made the row, or is to make it
	right_made   SMALLINT NOT NULL DEFAULT 0,
	left_cells   {bytes},           -- packed hashes (plan.CellHashes) as last brought together; NULL: unknown
	right_cells  {bytes},
	losses       SMALLINT NOT NULL DEFAULT 0,  -- how often a write has lost some of these cells
	owed         SMALLINT NOT NULL DEFAULT 0,  -- 1: read the left row again, the right one lacks some of it
	swept        TEXT     NOT NULL DEFAULT '', -- the sweep that last saw the left row
	listed       TEXT     NOT NULL DEFAULT '', -- the listing that last saw the right row
	listed_cells {bytes},           -- as that listing saw them; NULL: to be written, whatever they are
	PRIMARY KEY (tables, id)
) {clustered};
CREATE UNIQUE INDEX airtable_sync_pairs_by_left ON airtable_sync_pairs (tables, left_record);
CREATE UNIQUE INDEX airtable_sync_pairs_by_right ON airtable_sync_pairs (tables, right_record);
CREATE INDEX airtable_sync_pairs_owed ON airtable_sync_pairs (tables, left_record) WHERE owed = 1;
