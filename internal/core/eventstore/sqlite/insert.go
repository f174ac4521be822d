package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/relational"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// blocks are the row counts for which an INSERT is prepared; a commit is cut
// into the largest that fit.
var blocks = [...]int{64, 8, 1}

// inserter writes through the driver's own connection: statements stay
// prepared and arguments are written into slices that are used again.
type inserter struct {
	sql     statements
	conn    *db.SQLiteConn // that the prepared statements belong to
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
	in.lookup, errs[0] = conn.Prepare(in.sql.lookup)
	for i, n := range blocks {
		in.streams[i], errs[1+2*i] = conn.Prepare(repeat(in.sql.addStreams, n))
		in.events[i], errs[2+2*i] = conn.Prepare(repeat(in.sql.addEvents, n))
	}
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("prepare the append: %w", err)
	}
	in.conn, in.row = conn, make([]driver.Value, 3)
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
		l.Labels, _ = in.row[2].(int64)
	} else if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// Insert implements relational.Driver.
func (in *inserter) Insert(ctx context.Context, tx db.Tx, streams []relational.Stream, events []relational.Event) error {
	return in.with(tx, func() error {
		if err := in.insert(ctx, in.streams, nil, len(streams), func(i int) {
			s := &streams[i]
			in.add(s.Key, s.Category, s.ID, reference(s.Labels))
		}); err != nil {
			return fmt.Errorf("add streams: %w", err)
		}
		if len(events) == 0 {
			return nil
		}
		shared := []any{events[0].Epoch, events[0].Time} // ?1 and ?2 of every row
		if err := in.insert(ctx, in.events, shared, len(events), func(i int) {
			e := &events[i]
			in.add(e.Position, e.Stream, e.Version, e.Type, e.Schema, reference(e.Actor), text(e.Data), blob(e.Journal), text(e.Meta))
		}); err != nil {
			return fmt.Errorf("add events: %w", err)
		}
		return nil
	})
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
