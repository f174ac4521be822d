package outcome

import (
	"context"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Executions says what a caller may know of an execution.
type Executions interface {
	// Execution needs workflow.ExecutionRead. It returns a not-found error for
	// what the caller's workspace does not have.
	Execution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error)
}

// Reader shows row outcomes to those who may read their execution. They hold no
// cells, so those of executions with private input are shown as well.
type Reader struct {
	store      *Store
	executions Executions
}

// NewReader returns a reader of an open store.
func NewReader(s *Store, x Executions) *Reader { return &Reader{store: s, executions: x} }

// RowsRequest asks for a page of the row outcomes of an execution, in the order
// in which they were written. Empty filters match everything.
type RowsRequest struct {
	Execution workflow.ExecutionID
	Table     string
	What      string
	Code      string
	After     int64 // number of the last row of the page before
	Limit     int   // from 1
}

// Rows returns a page. Its caller makes the cursor: Next says only that there may
// be more after the last item. It needs workflow.ExecutionRead.
func (r *Reader) Rows(ctx context.Context, c workflow.Caller, q RowsRequest) (workflow.Page[workflow.RowOutcome], error) {
	page := workflow.Page[workflow.RowOutcome]{Items: []workflow.RowOutcome{}}
	if _, err := r.executions.Execution(ctx, c, q.Execution); err != nil {
		return page, err
	}
	rows, err := r.find(ctx, c.Workspace, q)
	if err != nil {
		return page, err
	}
	if page.Items = append(page.Items, rows...); len(rows) == q.Limit {
		page.Next = fmt.Sprint(rows[len(rows)-1].Number)
	}
	return page, nil
}

func (r *Reader) find(ctx context.Context, ws workflow.WorkspaceID, q RowsRequest) ([]workflow.RowOutcome, error) {
	if q.Table+q.What+q.Code == "" {
		return r.store.Rows(ctx, ws, q.Execution, q.After, q.Limit)
	}
	return r.store.rowsThat(ctx, ws, q)
}

// Counts returns how many rows something happened to, also those that are not
// listed, by table, what happened, and code. It needs workflow.ExecutionRead.
func (r *Reader) Counts(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.RowCounts, error) {
	out := workflow.RowCounts{Items: []workflow.RowCount{}}
	if _, err := r.executions.Execution(ctx, c, id); err != nil {
		return out, err
	}
	counts, err := r.store.Counts(ctx, c.Workspace, id)
	if err != nil {
		return out, err
	}
	for _, n := range counts {
		out.Items = append(out.Items, workflow.RowCount{Table: n.Table, What: string(n.What), Code: n.Code, Rows: n.Rows})
		out.Rows += n.Rows
	}
	out.Listed, out.ExpiredAt, err = r.store.listed(ctx, c.Workspace, id)
	return out, err
}

// Rows returns the rows of an execution after a number, in the order in which
// they were written.
func (s *Store) Rows(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID, after int64, limit int) ([]workflow.RowOutcome, error) {
	return s.list(ctx, ws, s.sql.rows, string(execution), after, limit)
}

// rowsThat is Rows with filters.
func (s *Store) rowsThat(ctx context.Context, ws workflow.WorkspaceID, q RowsRequest) ([]workflow.RowOutcome, error) {
	return s.list(ctx, ws, s.sql.rowsThat, string(q.Execution), q.After, q.Limit, q.Table, q.What, q.Code)
}

func (s *Store) list(ctx context.Context, ws workflow.WorkspaceID, sql string, args ...any) ([]workflow.RowOutcome, error) {
	var list []workflow.RowOutcome
	err := s.scan(ctx, ws, sql, args, func(rows db.Rows) error {
		var r workflow.RowOutcome
		err := rows.Scan(&r.Number, &r.Table, &r.Record, &r.Field, &r.What, &r.Code, &r.Message)
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

// listed returns how many rows of an execution are there, and when they were given
// up, nil if they were not.
func (s *Store) listed(ctx context.Context, ws workflow.WorkspaceID, execution workflow.ExecutionID) (int64, *time.Time, error) {
	var r run
	err := s.scan(ctx, ws, s.sql.findRun, []any{string(execution)}, func(rows db.Rows) error { return rows.Scan(&r.number, &r.kept, &r.expired) })
	if err != nil || r.expired == 0 {
		return r.kept, nil, err
	}
	at := time.UnixMicro(r.expired).UTC()
	return 0, &at, nil
}

func (s *Store) scan(ctx context.Context, ws workflow.WorkspaceID, query string, args []any, scan func(db.Rows) error) error {
	workspace, err := s.db.Workspace(ctx, string(ws))
	if err != nil {
		return err
	}
	return s.scanAll(ctx, query, append([]any{workspace}, args...), scan)
}

func (s *Store) scanAll(ctx context.Context, query string, args []any, scan func(db.Rows) error) error {
	rows, err := s.db.Read().Query(ctx, query, args...)
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
