-- Inputs of executions that no journal may hold: large ones, and those of kinds
-- whose inputs are private. They are encrypted with the workspace's data key. A
-- row commits with the start of its execution. A large one stands in a blob.
-- +goose Up
CREATE TABLE execution_inputs (
	workspace INTEGER NOT NULL,
	execution {text}  NOT NULL,
	sealed    TEXT    NOT NULL, -- empty: in a blob
	blob      TEXT    NOT NULL, -- JSON of its reference, or empty
	PRIMARY KEY (workspace, execution)
) {clustered};
