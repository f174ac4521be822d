-- +only postgres

-- name: settings
-- A commit that was answered must be on disk, whatever the server's default is,
-- and the server must notice within half a minute that our machine is gone.
SELECT
	CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END,
	set_config('tcp_keepalives_idle', '10', false),
	set_config('tcp_keepalives_interval', '5', false),
	set_config('tcp_keepalives_count', '3', false)

-- name: set_setting
SELECT set_config($1, $2, false)

-- name: backend
-- The process of the server that has run this.
SELECT pg_backend_pid()

-- name: current_schema
SELECT current_schema()::text

-- name: schema_exists
SELECT to_regnamespace($1) IS NOT NULL

-- name: lock_schema
-- One owner per schema.
SELECT pg_try_advisory_lock(hashtextextended('pyairtable-workflows ' || $1, 0))
-- +end
