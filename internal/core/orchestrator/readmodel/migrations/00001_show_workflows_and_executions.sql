-- Rows that are folded from events; every one of them can be dropped and made
-- again. Times are microseconds since 1970, UTC; zero means not yet. workspace is
-- the key in db_workspaces. seq is the position of the event that created a
-- thing: it orders, and it stands for the thing in the many small rows below it.

-- +goose Up
CREATE TABLE workflows (
	workspace  INTEGER NOT NULL,
	id         {text}  NOT NULL,
	seq        BIGINT  NOT NULL,
	created_at BIGINT  NOT NULL,
	updated_at BIGINT  NOT NULL,
	version    INTEGER NOT NULL,
	kind       {text}  NOT NULL,
	state      {text}  NOT NULL,
	name       TEXT    NOT NULL,
	config     TEXT    NOT NULL,
	labels     TEXT    NOT NULL,
	PRIMARY KEY (workspace, id)
);
CREATE UNIQUE INDEX workflows_by_seq ON workflows (workspace, seq);
-- One for each list, in its order: ids are UUIDv7, so theirs is that of creation.
CREATE INDEX workflows_shown ON workflows (workspace, id) WHERE state <> 'archived';
CREATE INDEX workflows_by_state ON workflows (workspace, state, id);
CREATE INDEX workflows_by_kind ON workflows (workspace, kind, id) WHERE state <> 'archived';
CREATE INDEX workflows_by_kind_and_state ON workflows (workspace, kind, state, id);

-- The key is narrow: workflow is a seq, which no other workspace has.
CREATE TABLE workflow_figures (
	workflow {key} PRIMARY KEY,
	figures  TEXT  NOT NULL
);

-- state is a number, because four indexes hold it: 1 pending, 2 running,
-- 3 paused, 4 parked, 5 cancelling, 6 compensating, 7 completed, 8 failed,
-- 9 cancelled.
CREATE TABLE executions (
	workspace       INTEGER  NOT NULL,
	version         INTEGER  NOT NULL, -- of the workflow
	seq             BIGINT   NOT NULL,
	workflow        BIGINT   NOT NULL, -- seq of the workflow
	created_at      BIGINT   NOT NULL,
	started_at      BIGINT   NOT NULL,
	ended_at        BIGINT   NOT NULL,
	steps_completed INTEGER  NOT NULL,
	steps_failed    INTEGER  NOT NULL,
	retries         INTEGER  NOT NULL,
	priority        INTEGER  NOT NULL,
	flags           SMALLINT NOT NULL,
	state           SMALLINT NOT NULL,
	id              {text}   NOT NULL,
	trigger_type    TEXT     NOT NULL,
	trigger_key     TEXT     NOT NULL,
	run_as          TEXT     NOT NULL,
	input           TEXT     NOT NULL,
	output          TEXT     NOT NULL,
	error           TEXT     NOT NULL,
	parked          TEXT     NOT NULL,
	more            TEXT     NOT NULL, -- JSON; empty for nearly all
	PRIMARY KEY (workspace, id)
);
-- One for each list, in its order; the list of all walks the primary key.
CREATE INDEX executions_by_state ON executions (workspace, state, seq);
CREATE INDEX executions_by_workflow ON executions (workspace, workflow, seq);
CREATE INDEX executions_by_workflow_and_state ON executions (workspace, workflow, state, seq);

-- The key is narrow, because these are the most rows of all: execution is a seq,
-- which no other workspace has. state: 1 running, 2 retrying, 3 parked,
-- 4 completed, 5 failed.
CREATE TABLE execution_steps (
	execution  BIGINT   NOT NULL,
	seq        BIGINT   NOT NULL,
	next_at    BIGINT   NOT NULL,
	started_at BIGINT   NOT NULL,
	ended_at   BIGINT   NOT NULL,
	attempt    INTEGER  NOT NULL,
	read_only  SMALLINT NOT NULL,
	generation INTEGER  NOT NULL,
	state      SMALLINT NOT NULL,
	path       TEXT     NOT NULL,
	name       TEXT     NOT NULL,
	label      TEXT     NOT NULL,
	error      TEXT     NOT NULL,
	PRIMARY KEY (execution, seq)
) {clustered};

-- Not folded from events: the last word of a side channel. A rebuild leaves it
-- alone.
CREATE TABLE execution_progress (
	workspace  INTEGER NOT NULL,
	execution  {text}  NOT NULL,
	updated_at BIGINT  NOT NULL,
	progress   TEXT    NOT NULL,
	PRIMARY KEY (workspace, execution)
) {clustered};
