// Package db opens the one database of a process, SQLite or PostgreSQL, and
// owns it: while it is open no other process can write to it. It gives reads
// from a pool, writes that share one durable commit, and embedded migrations
// per package. It is not a query builder and knows no table but its own.
//
// # One writer
//
// All writes of the process go through one connection and one goroutine. What
// arrives while a commit is being made durable forms the next transaction, so
// that many callers share one fsync. Inside that transaction each write stands
// alone behind a savepoint: its error rolls back its own rows and nobody
// else's. On PostgreSQL the same connection holds the session lock, so a
// process that lost its lock has also lost the only connection that writes.
//
// # Failures
//
// A write returns nil only after its commit is durable. A full disk is an
// error of that commit and the store works again when space returns. After a
// failed fsync, or when the connection is cut during a commit, nobody can know
// what is on disk: the writes in that commit get a failure of class
// unknown_outcome (ErrLost in their chain), [DB.Lost] closes, and every later
// write fails. The process must then end; its successor reads the truth from
// the store. On PostgreSQL the loss of the session at any moment has the same
// effect.
package db
