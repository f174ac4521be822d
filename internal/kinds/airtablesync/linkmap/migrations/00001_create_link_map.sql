-- The link map remembers which target row belongs to which source row, so that
-- links can be followed, equal rows cost no write, and only rows that this sync
-- has made are ever deleted. Hashes only: no cell is kept here.

-- +goose Up

-- A pair of tables of one workflow, and where its next incremental run begins.
CREATE TABLE airtable_sync_pairs (
	key         {key}   PRIMARY KEY,
	workspace   INTEGER NOT NULL, -- key in db_workspaces
	workflow    {text}  NOT NULL,
	pair        {text}  NOT NULL, -- source base/table>target base/table
	mark        BIGINT,           -- Airtable's clock, microseconds since 1970, UTC
	fingerprint TEXT,             -- of the mapping that was synced up to the mark
	UNIQUE (workspace, workflow, pair)
);

-- The keys are narrow, because there is a row for each record: pair is a key of
-- airtable_sync_pairs, which belongs to one workspace and one workflow.
CREATE TABLE airtable_sync_links (
	pair          BIGINT   NOT NULL,
	created       SMALLINT NOT NULL DEFAULT 0,  -- 1: the target row was made by this sync
	source_record {text}   NOT NULL,
	target_record {text}   NOT NULL DEFAULT '', -- '': intended, not written yet
	cells_hash    TEXT     NOT NULL DEFAULT '', -- of the cells last written; '': write again
	answer_hash   TEXT     NOT NULL DEFAULT '', -- of what Airtable made of them
	swept         TEXT     NOT NULL DEFAULT '', -- the sweep that last saw the source row
	listed        TEXT     NOT NULL DEFAULT '', -- the listing that last saw the target row
	listed_hash   TEXT     NOT NULL DEFAULT '',
	listed_answer TEXT     NOT NULL DEFAULT '',
	PRIMARY KEY (pair, source_record)
) {clustered};
CREATE INDEX airtable_sync_links_by_target ON airtable_sync_links (pair, target_record);
