-- The ledger of applied migrations, one row for each and a row of version 0 for
-- each package that has any. The table is older than every migration.

-- name: create_ledger
CREATE TABLE IF NOT EXISTS db_migrations (
	package  {text} NOT NULL,
	version  BIGINT NOT NULL,
	file     TEXT   NOT NULL,
	checksum TEXT   NOT NULL, -- SHA-256 of the file in the dialect of the store
	PRIMARY KEY (package, version)
) {clustered}

-- name: add_migration
INSERT INTO db_migrations (package, version, file, checksum) VALUES ($1, $2, $3, $4)

-- name: list_migrations
SELECT version, file, checksum FROM db_migrations WHERE package = $1 ORDER BY version DESC
