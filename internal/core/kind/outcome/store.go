package outcome

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations sql
var files embed.FS

// MaxRows is how many rows of one execution are kept. Later ones are only
// counted.
const MaxRows = 10_000

// Store keeps row outcomes. Open it before anything else; it is then safe for
// concurrent use.
type Store struct {
	db  *db.DB
	sql struct {
		findRun, addRun, addBatch, lastNumber, addRow, addCount, rows, counts string
	}
}

// Open brings the tables up to date. The database stays the caller's to close.
func (s *Store) Open(ctx context.Context, d *db.DB) error {
	s.db = d
	if err := d.Migrate(ctx, "kind", files); err != nil {
		return err
	}
	return d.Statements(files, map[string]*string{
		"find_run": &s.sql.findRun, "add_run": &s.sql.addRun, "add_batch": &s.sql.addBatch, "last_number": &s.sql.lastNumber,
		"add_row": &s.sql.addRow, "add_count": &s.sql.addCount, "list_rows": &s.sql.rows, "list_counts": &s.sql.counts,
	})
}

// By says which step's outcomes are written.
type By struct {
	Workspace, Execution string
	Key                  string // of the step
}

// Write adds a batch, inside a transaction. The same batch of the same step is
// added once, however often it comes.
func (s *Store) Write(ctx context.Context, tx db.Tx, by By, batch Batch) error {
	run, err := s.run(ctx, tx, by)
	if err != nil {
		return err
	}
	if added, err := tx.Exec(ctx, s.sql.addBatch, run.workspace, run.number, fingerprint(by, batch)); err != nil || added == 0 {
		return err
	}
	var last int64
	if err := tx.QueryRow(ctx, s.sql.lastNumber, run.workspace, run.number).Scan(&last); err != nil {
		return err
	}
	for i, r := range batch.Rows {
		if last+int64(i) >= MaxRows {
			break
		}
		if _, err := tx.Exec(ctx, s.sql.addRow, run.workspace, run.number, last+int64(i)+1,
			r.Table, r.Record, r.Field, string(r.What), r.Code, r.Message); err != nil {
			return err
		}
	}
	return s.count(ctx, tx, run, batch.counts())
}

// run is an execution in the store's small integers.
type run struct{ workspace, number int64 }

// run returns the run of an execution, and adds it when it is new.
func (s *Store) run(ctx context.Context, tx db.Tx, by By) (run, error) {
	workspace, err := tx.Workspace(ctx, by.Workspace)
	if err != nil {
		return run{}, err
	}
	r := run{workspace: workspace}
	err = tx.QueryRow(ctx, s.sql.findRun, workspace, by.Execution).Scan(&r.number)
	if errors.Is(err, db.ErrNoRows) {
		err = tx.QueryRow(ctx, s.sql.addRun, workspace, by.Execution).Scan(&r.number)
	}
	return r, err
}

// count adds to the counts.
func (s *Store) count(ctx context.Context, tx db.Tx, run run, counts []Count) error {
	for _, c := range counts {
		if _, err := tx.Exec(ctx, s.sql.addCount, run.workspace, run.number, c.Table, string(c.What), c.Code, c.Rows); err != nil {
			return err
		}
	}
	return nil
}

// fingerprint names what one step has written at once.
func fingerprint(by By, batch Batch) string {
	raw, _ := json.Marshal(batch) // strings always encode
	sum := sha256.Sum256(append([]byte(by.Key+"\n"), raw...))
	return hex.EncodeToString(sum[:16])
}

// Numbered is a row with its place in the execution's list.
type Numbered struct {
	Number int64 `json:"number"` // from 1
	Row
}

// Rows returns the rows of an execution after a number, in the order in which
// they were written.
func (s *Store) Rows(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID, after int64, limit int) ([]Numbered, error) {
	var list []Numbered
	err := s.scan(ctx, ws, s.sql.rows, []any{string(execution), after, limit}, func(rows db.Rows) error {
		var r Numbered
		err := rows.Scan(&r.Number, &r.Table, &r.Record, &r.Field, (*string)(&r.What), &r.Code, &r.Message)
		list = append(list, r)
		return err
	})
	return list, err
}

// Counts returns how many rows something happened to, also those that were not
// kept, by table, what happened, and code.
func (s *Store) Counts(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID) ([]Count, error) {
	var list []Count
	err := s.scan(ctx, ws, s.sql.counts, []any{string(execution)}, func(rows db.Rows) error {
		var c Count
		err := rows.Scan(&c.Table, (*string)(&c.What), &c.Code, &c.Rows)
		list = append(list, c)
		return err
	})
	return list, err
}

func (s *Store) scan(ctx context.Context, ws workflow.WorkspaceID, query string, args []any, scan func(db.Rows) error) error {
	workspace, err := s.db.Workspace(ctx, string(ws))
	if err != nil {
		return err
	}
	rows, err := s.db.Read().Query(ctx, query, append([]any{workspace}, args...)...)
	if err != nil {
		return fmt.Errorf("read row outcomes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read row outcomes: %w", err)
		}
	}
	return rows.Err()
}
