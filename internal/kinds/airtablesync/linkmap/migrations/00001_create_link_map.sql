-- The link map remembers which target row belongs to which source row, so that
-- links can be followed, equal rows cost no write, and only rows that this sync
-- has made are ever deleted. Marks say where the next incremental run begins.
-- Hashes only: no cell is kept here.

-- +goose Up
CREATE TABLE airtablesync_links (
    workspace     TEXT    NOT NULL,
    workflow      TEXT    NOT NULL,
    pair          TEXT    NOT NULL, -- source base/table>target base/table
    source_record TEXT    NOT NULL,
    target_record TEXT    NOT NULL DEFAULT '', -- '': intended, not written yet
    created       BIGINT  NOT NULL DEFAULT 0,  -- 1: the target row was made by this sync
    cells_hash    TEXT    NOT NULL DEFAULT '', -- of the cells last written; '': write again
    answer_hash   TEXT    NOT NULL DEFAULT '', -- of what Airtable made of them
    swept         TEXT    NOT NULL DEFAULT '', -- the sweep that last saw the source row
    listed        TEXT    NOT NULL DEFAULT '', -- the listing that last saw the target row
    listed_hash   TEXT    NOT NULL DEFAULT '',
    listed_answer TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, workflow, pair, source_record)
) {clustered};

CREATE INDEX airtablesync_links_by_target ON airtablesync_links (workspace, workflow, pair, target_record);

CREATE TABLE airtablesync_marks (
    workspace   TEXT   NOT NULL,
    workflow    TEXT   NOT NULL,
    pair        TEXT   NOT NULL,
    mark        BIGINT NOT NULL, -- Airtable's clock, microseconds since 1970, UTC
    fingerprint TEXT   NOT NULL, -- of the mapping that was synced up to the mark
    PRIMARY KEY (workspace, workflow, pair)
) {clustered};
