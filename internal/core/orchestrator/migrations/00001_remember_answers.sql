-- Answers to requests that carried an idempotency key, kept for a day. A row
-- commits together with what the request did, so that a repeated request does
-- nothing twice.

-- +goose Up
CREATE TABLE idempotent_answers (
	workspace  TEXT NOT NULL,
	principal  TEXT NOT NULL,
	scope      TEXT NOT NULL,
	key        TEXT NOT NULL,
	body_hash  TEXT NOT NULL,
	answer     TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (workspace, principal, scope, key)
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);
