package db

import "context"

// session is the writer's connection. Its methods belong to one goroutine.
type session interface {
	Tx
	// begin opens a transaction.
	begin(ctx context.Context) error
	// commit ends it; see verdict for what an error means.
	commit(ctx context.Context) error
	// rollback ends it without a trace, also when the database has done so by
	// itself. An error means that the connection is of no more use.
	rollback(ctx context.Context) error
	// ping reports whether the connection, and with it the ownership, is alive.
	ping(ctx context.Context) error
	close() error
}

// verdict is what an error of begin, a statement or commit says about the store.
type verdict int

const (
	// failed: nothing of the transaction is or will be on disk.
	failed verdict = iota
	// full: the same, because there is no space.
	full
	// lost: what is on disk is unknown, or the ownership is gone.
	lost
)
