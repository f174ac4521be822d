package openset

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations sql
var files embed.FS

// table is the stored part of a set.
type table struct {
	db  *db.DB
	sql struct {
		position, movePosition, put, remove, one, page, toRecover, due, pending string
	}
}

// open brings the table up to date.
func (t *table) open(ctx context.Context) error {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	if err := t.db.Migrate(ctx, "engine", migrations); err != nil {
		return err
	}
	return t.db.Statements(files, map[string]*string{
		"position": &t.sql.position, "move_position": &t.sql.movePosition, "put": &t.sql.put, "remove": &t.sql.remove, "one": &t.sql.one,
		"page": &t.sql.page, "to_recover": &t.sql.toRecover, "due": &t.sql.due, "pending": &t.sql.pending,
	})
}

// position returns the position that the table is at.
func (t *table) position(ctx context.Context) (position int64, err error) {
	err = t.db.Read().QueryRow(ctx, t.sql.position).Scan(&position)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return 0, fmt.Errorf("read the position of the open executions: %w", err)
	}
	return position, nil
}

// rows runs a query for rows.
func (t *table) rows(ctx context.Context, query string, args ...any) ([]Row, error) {
	rows, err := t.db.Read().Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the open executions: %w", err)
	}
	defer rows.Close()
	var found []Row
	for rows.Next() {
		var r Row
		var child, mark int
		var state string
		if err := rows.Scan(&r.Key.Workspace, &r.Key.Execution, &r.Kind, &r.Definition, &r.Priority, &child, &state, &mark, &r.WakeAt, &r.From); err != nil {
			return nil, fmt.Errorf("read the open executions: %w", err)
		}
		r.Child, r.Recover, r.Idle, r.State = child == 1, mark == 1, mark == 0, workflow.ExecutionState(state)
		found = append(found, r)
	}
	return found, rows.Err()
}

// after returns the rows after a key, in the order of the primary key.
func (t *table) after(ctx context.Context, query string, k Key, limit int) ([]Row, error) {
	workspace := int64(-1) // before every workspace
	if k != (Key{}) {
		var err error
		if workspace, err = t.db.Workspace(ctx, k.Workspace); err != nil {
			return nil, err
		}
	}
	return t.rows(ctx, query, workspace, k.Execution, limit)
}

// pending returns the executions of a definition that wait to be released.
func (t *table) pending(ctx context.Context, workspace, definition string, limit int) ([]Row, error) {
	key, err := t.db.Workspace(ctx, workspace)
	if err != nil {
		return nil, err
	}
	return t.rows(ctx, t.sql.pending, key, definition, limit)
}

// marked adds the rows that the next process has to look at.
func (t *table) marked(ctx context.Context, to map[Key]Row) error {
	for after := (Key{}); ; {
		rows, err := t.after(ctx, t.sql.toRecover, after, pageOf)
		if err != nil {
			return err
		}
		for _, r := range rows {
			to[r.Key], after = r, r.Key
		}
		if len(rows) < pageOf {
			return nil
		}
	}
}

// find adds the rows of executions that something happened to.
func (t *table) find(ctx context.Context, touched map[Key]bool, to map[Key]Row) error {
	for k := range touched {
		workspace, err := t.db.Workspace(ctx, k.Workspace)
		if err != nil {
			return err
		}
		rows, err := t.rows(ctx, t.sql.one, workspace, k.Execution)
		if err != nil {
			return err
		}
		for _, r := range rows {
			to[k] = r
		}
	}
	return nil
}

// save writes what has changed and moves the position, in one transaction.
func (t *table) save(ctx context.Context, position int64, changed map[Key]change) error {
	err := t.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		for k, c := range changed {
			if err := t.write(ctx, tx, k, c); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, t.sql.movePosition, position)
		return err
	})
	if err != nil {
		return fmt.Errorf("save the open executions: %w", err)
	}
	return nil
}

func (t *table) write(ctx context.Context, tx db.Tx, k Key, c change) error {
	workspace, err := tx.Workspace(ctx, k.Workspace)
	if err != nil {
		return err
	}
	if c.gone {
		_, err := tx.Exec(ctx, t.sql.remove, workspace, k.Execution)
		return err
	}
	r := c.row
	_, err = tx.Exec(ctx, t.sql.put, workspace, k.Execution, r.Kind, r.Definition, r.Priority, number(r.Child), string(r.State),
		number(r.Recover), r.WakeAt, r.From)
	return err
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
