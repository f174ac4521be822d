-- Secrets are encrypted with a data key per workspace; data keys are wrapped
-- by the master key, which is never here. secret_master tells whether the
-- master key at hand is the one that the rows were made with. workspace is the
-- key in db_workspaces; what is sealed is bound to the workspace's id.

-- +goose Up
CREATE TABLE secret_master (
	id          {key} PRIMARY KEY CHECK (id = 1),
	fingerprint TEXT  NOT NULL
);

CREATE TABLE secret_data_keys (
	workspace INTEGER NOT NULL,
	id        {text}  NOT NULL,
	wrapped   TEXT    NOT NULL,
	PRIMARY KEY (workspace, id)
);

CREATE TABLE secrets (
	workspace  INTEGER NOT NULL,
	id         {text}  NOT NULL,
	data_key   TEXT    NOT NULL,
	sealed     TEXT    NOT NULL,
	created_at BIGINT  NOT NULL,
	updated_at BIGINT  NOT NULL,
	PRIMARY KEY (workspace, id)
);
