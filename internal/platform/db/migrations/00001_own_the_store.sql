-- Whose store this is, and the small integers that stand for workspaces.
-- +goose Up

-- One row. The epoch grows with every owner and is checked inside every
-- transaction, so that an owner of the past writes nothing.
CREATE TABLE db_owner (
	id     {key}  PRIMARY KEY CHECK (id = 1),
	store  TEXT   NOT NULL, -- the store's id, made once
	format BIGINT NOT NULL, -- Format of the build that made the store
	epoch  BIGINT NOT NULL,
	owner  TEXT   NOT NULL, -- process and host, for messages
	since  BIGINT NOT NULL  -- microseconds since 1970, UTC
);

-- Keys and indexes of other tables begin with key instead of the long id. A row
-- is added in the transaction that first needs it and never changes.
CREATE TABLE db_workspaces (
	key {key}  PRIMARY KEY,
	id  {text} NOT NULL UNIQUE
);
