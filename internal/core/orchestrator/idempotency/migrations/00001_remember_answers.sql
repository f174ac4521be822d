-- Answers to requests that carried an idempotency key, kept for a day. A row
-- commits together with what the request did, so that a repeated request does
-- nothing twice.

-- +goose Up
CREATE TABLE idempotent_answers (
	workspace  INTEGER NOT NULL, -- key in db_workspaces
	principal  {text}  NOT NULL,
	scope      {text}  NOT NULL,
	key        {text}  NOT NULL,
	body_hash  TEXT    NOT NULL,
	answer     TEXT    NOT NULL,
	created_at BIGINT  NOT NULL, -- microseconds since 1970, UTC
	PRIMARY KEY (workspace, principal, scope, key)
);
-- Without the workspace: answers of all of them are forgotten at once.
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
