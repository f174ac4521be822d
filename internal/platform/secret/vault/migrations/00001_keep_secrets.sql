-- Secrets are encrypted with a data key per workspace; data keys are wrapped
-- by the master key, which is never here. secret_master tells whether the
-- master key at hand is the one that the rows were made with.

-- +goose Up
CREATE TABLE secret_master (
	id         BIGINT PRIMARY KEY CHECK (id = 1),
	fingerprint TEXT NOT NULL
);

CREATE TABLE secret_data_keys (
	workspace TEXT NOT NULL,
	id        TEXT NOT NULL,
	wrapped   TEXT NOT NULL,
	PRIMARY KEY (workspace, id)
);

CREATE TABLE secrets (
	workspace  TEXT NOT NULL,
	id         TEXT NOT NULL,
	data_key   TEXT NOT NULL,
	sealed     TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (workspace, id)
);
