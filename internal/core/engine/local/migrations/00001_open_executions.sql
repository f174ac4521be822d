-- The executions that were open when the store was at a position. A start
-- reads them and the events after the position instead of the whole store.
-- +goose Up
CREATE TABLE engine_open (
	workspace TEXT NOT NULL,
	execution TEXT NOT NULL,
	PRIMARY KEY (workspace, execution)
);
CREATE TABLE engine_open_at (
	id       BIGINT PRIMARY KEY,
	position BIGINT NOT NULL
);
