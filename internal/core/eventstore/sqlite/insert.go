package sqlite

import (
	"context"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/relational"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

var (
	//go:embed sql/lookup.sql
	lookupSQL string
	//go:embed sql/add_category.sql
	addCategorySQL string
	//go:embed sql/add_type.sql
	addTypeSQL string
	//go:embed sql/add_actor.sql
	addActorSQL string
	//go:embed sql/add_streams.sql
	addStreamsSQL string
	//go:embed sql/add_events.sql
	addEventsSQL string
)

// blocks are the row counts for which an INSERT is prepared; a commit is cut
// into the largest that fit.
var blocks = [...]int{64, 8, 1}

// inserter writes through the driver's own connection: statements stay
// prepared and arguments are written into slices that are used again.
type inserter struct {
	conn    *db.SQLiteConn // that the statements belong to
	lookup  driver.Stmt
	streams [len(blocks)]driver.Stmt
	events  [len(blocks)]driver.Stmt
	args    []driver.NamedValue
	row     []driver.Value
}

// with lends the connection and makes sure that the statements belong to it.
func (in *inserter) with(tx db.Tx, f func() error) error {
	return tx.Raw(func(c any) error {
		conn, ok := c.(*db.SQLiteConn)
		if !ok {
			return fmt.Errorf("the writer's connection is a %T, not SQLite's", c)
		}
		if in.conn != conn {
			if err := in.prepare(conn); err != nil {
				return err
			}
		}
		return f()
	})
}

func (in *inserter) prepare(conn *db.SQLiteConn) error {
	var errs [1 + 2*len(blocks)]error
	in.lookup, errs[0] = conn.Prepare(lookupSQL)
	for i, n := range blocks {
		in.streams[i], errs[1+2*i] = conn.Prepare(repeat(addStreamsSQL, n))
		in.events[i], errs[2+2*i] = conn.Prepare(repeat(addEventsSQL, n))
	}
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("prepare the append: %w", err)
	}
	in.conn, in.row = conn, make([]driver.Value, 2)
	return nil
}

// repeat gives an INSERT whose text ends in one row of placeholders n rows.
func repeat(insert string, n int) string {
	insert = strings.TrimSpace(insert)
	row := insert[strings.LastIndex(insert, "("):]
	return insert + strings.Repeat(", "+row, n-1)
}

// Lookup implements relational.Driver.
func (in *inserter) Lookup(ctx context.Context, tx db.Tx, streams []relational.Lookup) error {
	return in.with(tx, func() error {
		for i := range streams {
			if err := in.find(ctx, &streams[i]); err != nil {
				return fmt.Errorf("look up a stream: %w", err)
			}
		}
		return nil
	})
}

func (in *inserter) find(ctx context.Context, l *relational.Lookup) error {
	in.reset()
	in.add(l.Category, l.ID)
	rows, err := in.lookup.(driver.StmtQueryContext).QueryContext(ctx, in.args)
	if err != nil {
		return err
	}
	err = rows.Next(in.row)
	if err == nil {
		l.Key, _ = in.row[0].(int64)
		l.Version, _ = in.row[1].(int64)
	} else if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// Insert implements relational.Driver.
func (in *inserter) Insert(ctx context.Context, tx db.Tx, rows *relational.Rows) error {
	if err := insertNames(ctx, tx, rows); err != nil {
		return err
	}
	return in.with(tx, func() error {
		if err := in.insert(ctx, in.streams, nil, len(rows.Streams), func(i int) {
			s := &rows.Streams[i]
			in.add(s.Key, s.Category, s.ID)
		}); err != nil {
			return fmt.Errorf("add streams: %w", err)
		}
		if len(rows.Events) == 0 {
			return nil
		}
		shared := []any{rows.Events[0].Epoch, rows.Events[0].Time} // ?1 and ?2 of every row
		if err := in.insert(ctx, in.events, shared, len(rows.Events), func(i int) {
			e := &rows.Events[i]
			in.add(e.Position, e.Stream, e.Version, e.Type, e.Schema, reference(e.Actor), text(e.Data), blob(e.Journal), text(e.Meta))
		}); err != nil {
			return fmt.Errorf("add events: %w", err)
		}
		return nil
	})
}

// insertNames adds what is new in the three small tables.
func insertNames(ctx context.Context, tx db.Tx, rows *relational.Rows) error {
	for _, c := range rows.Categories {
		if _, err := tx.Exec(ctx, addCategorySQL, c.Key, c.Workspace, c.Type); err != nil {
			return fmt.Errorf("add stream category %s/%s: %w", c.Workspace, c.Type, err)
		}
	}
	for _, t := range rows.Types {
		if _, err := tx.Exec(ctx, addTypeSQL, t.Key, t.Name); err != nil {
			return fmt.Errorf("add event type %s: %w", t.Name, err)
		}
	}
	for _, a := range rows.Actors {
		if _, err := tx.Exec(ctx, addActorSQL, a.Key, a.Kind, a.ID); err != nil {
			return fmt.Errorf("add actor %s %s: %w", a.Kind, a.ID, err)
		}
	}
	return nil
}

// insert writes n rows in blocks; add appends the arguments of one row to those
// that all rows share.
func (in *inserter) insert(ctx context.Context, stmts [len(blocks)]driver.Stmt, shared []any, n int, add func(i int)) error {
	next := 0
	for b, size := range blocks {
		for n-next >= size {
			in.reset()
			in.add(shared...)
			for i := next; i < next+size; i++ {
				add(i)
			}
			if _, err := stmts[b].(driver.StmtExecContext).ExecContext(ctx, in.args); err != nil {
				return err
			}
			next += size
		}
	}
	return nil
}

func (in *inserter) reset() { in.args = in.args[:0] }

func (in *inserter) add(values ...any) {
	for _, v := range values {
		in.args = append(in.args, driver.NamedValue{Ordinal: len(in.args) + 1, Value: v})
	}
}

// reference gives SQLite a NULL for a key of zero.
func reference(key int64) any {
	if key == 0 {
		return nil
	}
	return key
}

// text and blob give SQLite a NULL for a nil slice.
func text(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}
