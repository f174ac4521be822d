package outcome

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations sql
var files embed.FS

// MaxRows is how many rows of one execution are kept. Later ones are only
// counted.
const MaxRows = 10_000

// Store keeps row outcomes. Open it before anything else; it is then safe for
// concurrent use. All stores of a database have the same rows.
type Store struct {
	db    *db.DB
	clock clock.Clock // nil means the machine's, once it is open
	sql   struct {
		findRun, addRun, grow, addBatch, addRow, addCount string
		rows, rowsThat, counts                            string
		nextWorkspace, kept, expire, expireAll            string
		dropRows, dropBatches, emptied                    string
	}
}

// Open brings the tables up to date. The database stays the caller's to close.
func (s *Store) Open(ctx context.Context, d *db.DB) error {
	s.db = d
	if s.clock == nil {
		s.clock = clock.System()
	}
	if err := d.Migrate(ctx, "kind", files); err != nil {
		return err
	}
	return d.Statements(files, map[string]*string{
		"find_run": &s.sql.findRun, "add_run": &s.sql.addRun, "grow_run": &s.sql.grow, "add_batch": &s.sql.addBatch,
		"add_row": &s.sql.addRow, "add_count": &s.sql.addCount,
		"list_rows": &s.sql.rows, "list_rows_that": &s.sql.rowsThat, "list_counts": &s.sql.counts,
		"next_workspace": &s.sql.nextWorkspace, "list_kept": &s.sql.kept, "expire_run": &s.sql.expire, "expire_runs": &s.sql.expireAll,
		"drop_rows": &s.sql.dropRows, "drop_batches": &s.sql.dropBatches, "empty_run": &s.sql.emptied,
	})
}

// By says which step's outcomes are written.
type By struct {
	Workspace, Execution string
	Definition           string // the execution's workflow
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
	if err := s.addRows(ctx, tx, run, batch.Rows); err != nil {
		return err
	}
	return s.count(ctx, tx, run, batch.counts())
}

// addRows adds the rows for which there is room.
func (s *Store) addRows(ctx context.Context, tx db.Tx, r run, rows []Row) error {
	if rows = rows[:min(int64(len(rows)), r.room())]; len(rows) == 0 {
		return nil
	}
	for _, row := range rows {
		r.kept++
		if _, err := tx.Exec(ctx, s.sql.addRow, r.workspace, r.number, r.kept,
			row.Table, row.Record, row.Field, string(row.What), row.Code, row.Message); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, s.sql.grow, r.workspace, r.number, r.kept, s.now())
	return err
}

// now is the time as rows have it: microseconds since 1970.
func (s *Store) now() int64 { return s.clock.Now().UnixMicro() }

// run is an execution in the store's small integers.
type run struct {
	workspace, number int64
	kept              int64 // rows that are there, numbered from 1
	expired           int64 // when they were given up; zero: they were not
}

// room is how many more rows may be kept.
func (r run) room() int64 {
	if r.expired != 0 {
		return 0
	}
	return max(0, MaxRows-r.kept)
}

// run returns the run of an execution, and adds it when it is new.
func (s *Store) run(ctx context.Context, tx db.Tx, by By) (run, error) {
	workspace, err := tx.Workspace(ctx, by.Workspace)
	if err != nil {
		return run{}, err
	}
	r := run{workspace: workspace}
	err = tx.QueryRow(ctx, s.sql.findRun, workspace, by.Execution).Scan(&r.number, &r.kept, &r.expired)
	if errors.Is(err, db.ErrNoRows) {
		err = tx.QueryRow(ctx, s.sql.addRun, workspace, by.Execution, by.Definition).Scan(&r.number)
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
