package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/relational"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// inserter sends each table's rows as one array per column. They travel with the
// commit: they can only fail if the database is broken, and then so is the commit.
type inserter struct {
	sql    statements
	events columns
}

// columns are the arrays of add_events, used again for each commit.
type columns struct {
	position, stream, version []int64
	typ, schema, actor        []int32
	data, journal, meta       [][]byte
}

// Lookup implements relational.Driver.
func (in *inserter) Lookup(ctx context.Context, tx db.Tx, streams []relational.Lookup) error {
	categories, ids := make([]int64, len(streams)), make([]string, len(streams))
	for i := range streams {
		categories[i], ids[i] = streams[i].Category, streams[i].ID
	}
	var b pgx.Batch
	b.Queue(in.sql.lookup, categories, ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var n int64
			var found relational.Lookup
			if err := rows.Scan(&n, &found.Key, &found.Version, &found.Labels); err != nil {
				return err
			}
			to := &streams[n-1]
			to.Key, to.Version, to.Labels = found.Key, found.Version, found.Labels
		}
		return rows.Err()
	})
	return with(tx, func(conn *db.PostgresConn) error {
		if err := conn.Send(ctx, &b); err != nil {
			return fmt.Errorf("look up streams: %w", err)
		}
		return nil
	})
}

// with lends the writer's connection.
func with(tx db.Tx, f func(conn *db.PostgresConn) error) error {
	return tx.Raw(func(c any) error {
		conn, ok := c.(*db.PostgresConn)
		if !ok {
			return fmt.Errorf("the writer's connection is a %T, not PostgreSQL's", c)
		}
		return f(conn)
	})
}

// Insert implements relational.Driver.
func (in *inserter) Insert(_ context.Context, tx db.Tx, streams []relational.Stream, events []relational.Event) error {
	var b pgx.Batch
	if len(streams) > 0 {
		in.queueStreams(&b, streams)
	}
	if len(events) > 0 {
		c := &in.events
		c.fill(events)
		b.Queue(in.sql.addEvents, c.position, c.stream, c.version, c.typ, c.schema, c.actor, c.data, c.journal, c.meta,
			events[0].Epoch, events[0].Time)
	}
	return with(tx, func(conn *db.PostgresConn) error {
		conn.Queue(&b)
		return nil
	})
}

func (in *inserter) queueStreams(b *pgx.Batch, streams []relational.Stream) {
	n := len(streams)
	keys, categories, labels, ids := make([]int64, n), make([]int64, n), make([]int64, n), make([]string, n)
	for i, s := range streams {
		keys[i], categories[i], labels[i], ids[i] = s.Key, s.Category, s.Labels, s.ID
	}
	b.Queue(in.sql.addStreams, keys, categories, ids, labels)
}

func (c *columns) fill(events []relational.Event) {
	c.position, c.stream, c.version = c.position[:0], c.stream[:0], c.version[:0]
	c.typ, c.schema, c.actor = c.typ[:0], c.schema[:0], c.actor[:0]
	c.data, c.journal, c.meta = c.data[:0], c.journal[:0], c.meta[:0]
	for i := range events {
		e := &events[i]
		c.position, c.stream, c.version = append(c.position, e.Position), append(c.stream, e.Stream), append(c.version, e.Version)
		c.typ, c.schema, c.actor = append(c.typ, int32(e.Type)), append(c.schema, int32(e.Schema)), append(c.actor, int32(e.Actor))
		c.data, c.journal, c.meta = append(c.data, e.Data), append(c.journal, e.Journal), append(c.meta, e.Meta)
	}
}
