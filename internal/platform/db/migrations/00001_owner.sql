-- One row says who owns the store. Its epoch grows with every owner and is
-- checked inside every transaction, so that an owner of the past writes nothing.
-- +goose Up
CREATE TABLE db_owner (
	id    INTEGER PRIMARY KEY CHECK (id = 1),
	epoch BIGINT NOT NULL,
	owner TEXT   NOT NULL, -- process and host, for messages
	since BIGINT NOT NULL  -- microseconds since 1970, UTC
);
