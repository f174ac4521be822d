-- Rows that are folded from events; every one of them can be dropped and
-- made again. Times are microseconds since 1970, zero means not yet. seq is
-- the position of the event that created the thing: it orders, and keeps the
-- keys of the many small rows below it short.

-- +goose Up
CREATE TABLE read_checkpoint (
	id       BIGINT PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL
);
INSERT INTO read_checkpoint (id, position) VALUES (1, 0);

CREATE TABLE workflows (
	seq        BIGINT PRIMARY KEY,
	workspace  TEXT NOT NULL,
	id         TEXT NOT NULL,
	kind       TEXT NOT NULL,
	name       TEXT NOT NULL,
	state      TEXT NOT NULL,
	version    BIGINT NOT NULL,
	config     TEXT NOT NULL,
	labels     TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX workflows_by_id ON workflows (workspace, id);

CREATE TABLE workflow_figures (
	workflow BIGINT PRIMARY KEY,
	figures  TEXT NOT NULL
);

CREATE TABLE executions (
	seq             BIGINT PRIMARY KEY,
	workspace       TEXT NOT NULL,
	id              TEXT NOT NULL,
	workflow_seq    BIGINT NOT NULL,
	workflow        TEXT NOT NULL,
	version         BIGINT NOT NULL,
	kind            TEXT NOT NULL,
	state           TEXT NOT NULL,
	flags           BIGINT NOT NULL,
	priority        BIGINT NOT NULL,
	trigger_type    TEXT NOT NULL,
	trigger_key     TEXT NOT NULL,
	run_as          TEXT NOT NULL,
	input           TEXT NOT NULL,
	output          TEXT NOT NULL,
	error           TEXT NOT NULL,
	parked          TEXT NOT NULL,
	steps_completed BIGINT NOT NULL,
	steps_failed    BIGINT NOT NULL,
	retries         BIGINT NOT NULL,
	created_at      BIGINT NOT NULL,
	started_at      BIGINT NOT NULL,
	ended_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX executions_by_id ON executions (workspace, id);
CREATE INDEX executions_by_workflow ON executions (workflow_seq, seq);
-- Few are open at a time; one that starts and ends between two writes never
-- enters this index.
CREATE INDEX executions_open ON executions (workspace, seq) WHERE ended_at = 0;

CREATE TABLE execution_steps (
	execution  BIGINT NOT NULL,
	seq        BIGINT NOT NULL,
	path       TEXT NOT NULL,
	name       TEXT NOT NULL,
	state      TEXT NOT NULL,
	attempt    BIGINT NOT NULL,
	read_only  BIGINT NOT NULL,
	error      TEXT NOT NULL,
	next_at    BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	ended_at   BIGINT NOT NULL,
	PRIMARY KEY (execution, seq)
) {clustered};

-- Not folded from events: the last word of a side channel. A rebuild leaves
-- it alone.
CREATE TABLE execution_progress (
	workspace  TEXT NOT NULL,
	execution  TEXT NOT NULL,
	progress   TEXT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (workspace, execution)
) {clustered};
