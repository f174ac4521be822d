-- Streams, their events and what their columns refer to. Text that repeats
-- (workspace and type of a stream, type and actor of an event) is kept once and
-- referred to by a small integer. Events carry no id: it follows from salt,
-- position and time. Nothing here is ever changed or deleted.
-- +goose Up
CREATE TABLE event_store (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	salt INTEGER NOT NULL -- makes the ids of this store's events its own
);
CREATE TABLE event_categories (
	key       INTEGER PRIMARY KEY,
	workspace TEXT NOT NULL,
	type      TEXT NOT NULL,
	UNIQUE (workspace, type)
);
CREATE TABLE event_streams (
	key      INTEGER PRIMARY KEY,
	category INTEGER NOT NULL,
	id       TEXT    NOT NULL,
	UNIQUE (category, id)
);
CREATE TABLE event_types (
	key  INTEGER PRIMARY KEY, -- below zero: private
	name TEXT NOT NULL UNIQUE
);
CREATE TABLE event_actors (
	key  INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	id   TEXT NOT NULL,
	UNIQUE (kind, id)
);
CREATE TABLE events (
	position INTEGER PRIMARY KEY, -- global, without gaps
	stream   INTEGER NOT NULL,
	version  INTEGER NOT NULL,    -- in the stream, from 1, without gaps
	type     INTEGER NOT NULL,
	schema   INTEGER NOT NULL,
	epoch    INTEGER NOT NULL,    -- of the owner that wrote it
	time     INTEGER NOT NULL,    -- microseconds since 1970, UTC
	actor    INTEGER,
	data     TEXT,                -- JSON
	journal  BLOB,                -- for the module that wrote it alone
	meta     TEXT,                -- JSON: correlation, causation, …
	UNIQUE (stream, version)
);

-- +goose StatementBegin
CREATE TRIGGER events_never_change BEFORE UPDATE ON events BEGIN
	SELECT RAISE(ABORT, 'events never change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN
	SELECT RAISE(ABORT, 'events are never deleted');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER event_streams_never_change BEFORE UPDATE ON event_streams BEGIN
	SELECT RAISE(ABORT, 'streams never change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER event_streams_stay BEFORE DELETE ON event_streams BEGIN
	SELECT RAISE(ABORT, 'streams are never deleted');
END;
-- +goose StatementEnd
