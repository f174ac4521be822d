-- Streams, their events and what their columns refer to. Text that repeats
-- (workspace and type of a stream, its labels, type and actor of an event) is
-- kept once and referred to by a small integer. Keys and positions come from the
-- one writer, not from sequences, so that none is ever seen late. Events have no
-- id: it follows from the store's id, position and time. Nothing here is ever
-- changed or deleted.
-- +goose Up

-- A category is the workspace and the type of a stream. Everything below belongs
-- to a workspace through it, except for the dictionaries of types, actors and
-- labels, whose text is the same for all.
CREATE TABLE event_categories (
	key       {key}  PRIMARY KEY,
	workspace INTEGER NOT NULL, -- key in db_workspaces, 0 for none
	type      {text} NOT NULL,
	UNIQUE (workspace, type)
);

CREATE TABLE event_types (
	key  {key}  PRIMARY KEY, -- below zero: private
	name {text} NOT NULL UNIQUE
);

CREATE TABLE event_actors (
	key  {key}  PRIMARY KEY,
	kind {text} NOT NULL,
	id   {text} NOT NULL,
	UNIQUE (kind, id)
);

CREATE TABLE event_labels (
	key    {key}  PRIMARY KEY,
	labels {text} NOT NULL UNIQUE -- a JSON object
);

CREATE TABLE event_streams (
	key      {key}  PRIMARY KEY,
	category BIGINT NOT NULL,
	id       {text} NOT NULL,
	labels   BIGINT, -- what all events of the stream say
	UNIQUE (category, id)
);

CREATE TABLE events (
	position {key}   PRIMARY KEY, -- global, without gaps
	stream   BIGINT  NOT NULL,
	version  BIGINT  NOT NULL,    -- in the stream, from 1, without gaps
	time     BIGINT  NOT NULL,    -- microseconds since 1970, UTC
	type     INTEGER NOT NULL,
	schema   INTEGER NOT NULL,
	epoch    INTEGER NOT NULL,    -- of the owner that wrote it
	actor    INTEGER,
	data     {json},
	journal  {bytes},             -- for the module that wrote it alone
	meta     {json},              -- correlation, causation, …
	UNIQUE (stream, version)
);

-- +only sqlite
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
-- +goose StatementBegin
CREATE TRIGGER event_labels_never_change BEFORE UPDATE ON event_labels BEGIN
	SELECT RAISE(ABORT, 'labels never change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER event_labels_stay BEFORE DELETE ON event_labels BEGIN
	SELECT RAISE(ABORT, 'labels are never deleted');
END;
-- +goose StatementEnd
-- +end

-- +only postgres
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
CREATE TRIGGER never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event_labels
	FOR EACH STATEMENT EXECUTE FUNCTION events_never_change();
-- +end
