// Package db opens the one database of a process, SQLite or PostgreSQL, and
// owns it: while it is open, no other process can write to it. It gives reads
// from a pool, writes that share one durable commit, migrations, named
// statements and the store's small integers for workspaces. It is not a query
// builder and knows no tables but its own.
//
// # One writer
//
// All writes of the process go through one connection and one goroutine. What
// arrives while a commit is being made durable forms the next transaction, so
// that many callers share one fsync. Inside that transaction each write has a
// savepoint of its own: its error rolls back its own rows and no one else's. On PostgreSQL the same connection holds the session lock, so a
// process that lost its lock has also lost the only connection that writes.
//
// # One text for two dialects
//
// The SQL of a package is embedded: migrations in its folder migrations,
// statements in its folder sql. Both dialects read the same files. Placeholders
// are $1, $2, … in both. Where the dialects differ, a file says so:
//
//	{key}        an integer primary key: INTEGER, which is SQLite's own row number, or BIGINT
//	{text}       text that is compared or ordered, byte by byte in both: TEXT or TEXT COLLATE "C"
//	{json}       JSON, stored as it was written: TEXT or JSON, not JSONB, which refuses \u0000
//	{bytes}      BLOB or BYTEA
//	{clustered}  after the closing parenthesis of a table: WITHOUT ROWID or nothing
//
//	-- +only sqlite
//	these lines are for SQLite (or postgres) alone
//	-- +end
//
// A migration that writes JSON, BYTEA or another type that SQLite would turn
// into a number is refused: SQLite gives a column of a type that it does not
// know NUMERIC affinity, and the text 1.0 comes back as 1.
//
// # Statements
//
// A statement is in a file named after its table, under a line
// "-- name: read_things"; comments below that line belong to it. A package
// declares the names that it uses with [DB.Statements], which fails when a
// declared name is in no file or a statement is not used. A statement may
// contain another one as {its_name}, such as a list of columns.
//
// # Failures
//
// A write returns nil only after its commit is durable. A full disk is an
// error of that commit, and the store works again when space returns. After a
// failed fsync, or when the connection is cut during a commit, no one can know
// what is on disk: the writes in that commit get a failure of class
// unknown_outcome (ErrLost in their chain), [DB.Lost] closes, and every later
// write fails. The process must then end; its successor reads the truth from
// the store. On PostgreSQL the loss of the session at any moment has the same
// effect.
package db
