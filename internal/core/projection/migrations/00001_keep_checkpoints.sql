-- How far each projection is. Its rows hold the events up to position that it
-- wants; version is that of the fold that made them.

-- +goose Up
CREATE TABLE projection_checkpoints (
	name     {text}  NOT NULL PRIMARY KEY,
	version  INTEGER NOT NULL,
	position BIGINT  NOT NULL
) {clustered};
