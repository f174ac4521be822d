package postgres

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/relational"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

var (
	//go:embed sql/lookup.sql
	lookupSQL string
	//go:embed sql/add_categories.sql
	addCategoriesSQL string
	//go:embed sql/add_types.sql
	addTypesSQL string
	//go:embed sql/add_actors.sql
	addActorsSQL string
	//go:embed sql/add_streams.sql
	addStreamsSQL string
	//go:embed sql/add_events.sql
	addEventsSQL string
)

// inserter sends each table's rows as one array per column. They travel with the
// commit: they can only fail if the database is broken, and then so is the commit.
type inserter struct{ events columns }

// columns are the arrays of add_events.sql, used again for each commit.
type columns struct {
	position, stream, version []int64
	kind, schema, actor       []int32
	data, journal, meta       [][]byte
}

// Lookup implements relational.Driver.
func (in *inserter) Lookup(ctx context.Context, tx db.Tx, streams []relational.Lookup) error {
	categories, ids := make([]int64, len(streams)), make([]string, len(streams))
	for i := range streams {
		categories[i], ids[i] = streams[i].Category, streams[i].ID
	}
	var b pgx.Batch
	b.Queue(lookupSQL, categories, ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var n, key, version int64
			if err := rows.Scan(&n, &key, &version); err != nil {
				return err
			}
			streams[n-1].Key, streams[n-1].Version = key, version
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
func (in *inserter) Insert(_ context.Context, tx db.Tx, rows *relational.Rows) error {
	var b pgx.Batch
	queueNames(&b, rows)
	if len(rows.Streams) > 0 {
		keys, categories := make([]int64, len(rows.Streams)), make([]int64, len(rows.Streams))
		ids := make([]string, len(rows.Streams))
		for i, s := range rows.Streams {
			keys[i], categories[i], ids[i] = s.Key, s.Category, s.ID
		}
		b.Queue(addStreamsSQL, keys, categories, ids)
	}
	if len(rows.Events) > 0 {
		c := &in.events
		c.fill(rows.Events)
		b.Queue(addEventsSQL, c.position, c.stream, c.version, c.kind, c.schema, c.actor, c.data, c.journal, c.meta,
			rows.Events[0].Epoch, rows.Events[0].Time)
	}
	return with(tx, func(conn *db.PostgresConn) error {
		conn.Queue(&b)
		return nil
	})
}

// queueNames adds what is new in the three small tables.
func queueNames(b *pgx.Batch, rows *relational.Rows) {
	if n := len(rows.Categories); n > 0 {
		keys, workspaces, types := make([]int64, n), make([]string, n), make([]string, n)
		for i, c := range rows.Categories {
			keys[i], workspaces[i], types[i] = c.Key, c.Workspace, c.Type
		}
		b.Queue(addCategoriesSQL, keys, workspaces, types)
	}
	if n := len(rows.Types); n > 0 {
		keys, names := make([]int64, n), make([]string, n)
		for i, t := range rows.Types {
			keys[i], names[i] = t.Key, t.Name
		}
		b.Queue(addTypesSQL, keys, names)
	}
	if n := len(rows.Actors); n > 0 {
		keys, kinds, ids := make([]int64, n), make([]string, n), make([]string, n)
		for i, a := range rows.Actors {
			keys[i], kinds[i], ids[i] = a.Key, a.Kind, a.ID
		}
		b.Queue(addActorsSQL, keys, kinds, ids)
	}
}

func (c *columns) fill(events []relational.Event) {
	c.position, c.stream, c.version = c.position[:0], c.stream[:0], c.version[:0]
	c.kind, c.schema, c.actor = c.kind[:0], c.schema[:0], c.actor[:0]
	c.data, c.journal, c.meta = c.data[:0], c.journal[:0], c.meta[:0]
	for i := range events {
		e := &events[i]
		c.position, c.stream, c.version = append(c.position, e.Position), append(c.stream, e.Stream), append(c.version, e.Version)
		c.kind, c.schema, c.actor = append(c.kind, int32(e.Type)), append(c.schema, int32(e.Schema)), append(c.actor, int32(e.Actor))
		c.data, c.journal, c.meta = append(c.data, e.Data), append(c.journal, e.Journal), append(c.meta, e.Meta)
	}
}
