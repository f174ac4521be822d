package db

import (
	"context"
	"runtime/debug"
)

// session is the writer's connection. Its methods belong to one goroutine.
type session interface {
	Tx
	// begin opens a transaction in which nothing can be committed unless epoch is
	// the store's; the error for another one has ErrLost in its chain. It may come
	// later, with a statement or commit.
	begin(ctx context.Context, epoch int64) error
	// commit ends it; judge says what an error means.
	commit(ctx context.Context) error
	// rollback ends it without a trace, also when the database has already done
	// so. An error means that the connection is of no more use.
	rollback(ctx context.Context) error
	// judge says what an error means for the transaction and the store.
	judge(err error) verdict
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

// protect turns a panic into an error of that write, so that a bug in one
// caller's code does not take the others' rows with it.
func protect(ctx context.Context, tx Tx, write Write) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return write(ctx, tx)
}
