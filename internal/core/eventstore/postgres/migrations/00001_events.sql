-- Streams, their events and what their columns refer to. Text that repeats
-- (workspace and type of a stream, type and actor of an event) is kept once and
-- referred to by a small integer. Keys and positions come from the one writer,
-- not from sequences, so that none is ever seen late. Events carry no id: it
-- follows from salt, position and time. Nothing here is ever changed or deleted.
-- +goose Up
CREATE TABLE event_store (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	salt BIGINT NOT NULL -- makes the ids of this store's events its own
);
CREATE TABLE event_categories (
	key       BIGINT PRIMARY KEY,
	workspace TEXT COLLATE "C" NOT NULL,
	type      TEXT COLLATE "C" NOT NULL,
	UNIQUE (workspace, type)
);
CREATE TABLE event_streams (
	key      BIGINT PRIMARY KEY,
	category BIGINT NOT NULL,
	id       TEXT COLLATE "C" NOT NULL,
	UNIQUE (category, id)
);
CREATE TABLE event_types (
	key  BIGINT PRIMARY KEY, -- below zero: private
	name TEXT COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE event_actors (
	key  BIGINT PRIMARY KEY,
	kind TEXT COLLATE "C" NOT NULL,
	id   TEXT COLLATE "C" NOT NULL,
	UNIQUE (kind, id)
);
CREATE TABLE events (
	position BIGINT  PRIMARY KEY, -- global, without gaps
	stream   BIGINT  NOT NULL,
	version  BIGINT  NOT NULL,    -- in the stream, from 1, without gaps
	time     BIGINT  NOT NULL,    -- microseconds since 1970, UTC
	type     INTEGER NOT NULL,
	schema   INTEGER NOT NULL,
	epoch    INTEGER NOT NULL,    -- of the owner that wrote it
	actor    INTEGER,
	data     JSON,
	journal  BYTEA,               -- for the module that wrote it alone
	meta     JSON,                -- correlation, causation, …
	UNIQUE (stream, version)
);

-- +goose StatementBegin
CREATE FUNCTION events_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% never change and are never deleted', TG_TABLE_NAME;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
	FOR EACH STATEMENT EXECUTE FUNCTION events_never_change();
CREATE TRIGGER never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event_streams
	FOR EACH STATEMENT EXECUTE FUNCTION events_never_change();
