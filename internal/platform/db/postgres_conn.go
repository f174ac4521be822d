package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// PostgresConn is what Tx.Raw lends on PostgreSQL: a way to save round trips
// with statements that fail only when the whole transaction must.
type PostgresConn struct{ session *postgresSession }

// Queue has the statements sent with the next one, or with the commit. The error
// of one of them fails the transaction as a whole.
func (c *PostgresConn) Queue(b *pgx.Batch) {
	q := &c.session.queue
	q.QueuedQueries = append(q.QueuedQueries, b.QueuedQueries...)
}

// Send is Queue followed by one round trip; results reach the functions that
// were given to the queued queries.
func (c *PostgresConn) Send(ctx context.Context, b *pgx.Batch) error {
	c.Queue(b)
	return c.session.send(ctx)
}
