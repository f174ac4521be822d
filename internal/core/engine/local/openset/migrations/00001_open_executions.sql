-- The executions that are open, as they were when the store was at a position.
-- A start of the process reads the rows that it has to look at, and the events
-- after the position, instead of the whole store; executions that wait are rows
-- here and nothing else.
-- +goose Up
CREATE TABLE engine_open (
	workspace   BIGINT  NOT NULL,
	execution   {text}  NOT NULL,
	kind        {text}  NOT NULL,
	definition  {text}  NOT NULL,
	priority    INTEGER NOT NULL,
	child       INTEGER NOT NULL, -- 1: another execution waits for it
	state       {text}  NOT NULL,
	recover     INTEGER NOT NULL, -- 1: the next process has to look at it
	wake_at     BIGINT  NOT NULL, -- microseconds since 1970; 0: no time wakes it
	begins_with BIGINT  NOT NULL, -- version of the record that its generation begins with
	PRIMARY KEY (workspace, execution)
) {clustered};
CREATE INDEX engine_open_by_wake ON engine_open (wake_at) WHERE wake_at > 0;
CREATE INDEX engine_open_to_recover ON engine_open (workspace, execution) WHERE recover = 1;
CREATE INDEX engine_open_pending ON engine_open (workspace, definition, priority DESC, execution) WHERE state = 'pending';
CREATE TABLE engine_open_at (
	id       BIGINT PRIMARY KEY,
	position BIGINT NOT NULL
);
