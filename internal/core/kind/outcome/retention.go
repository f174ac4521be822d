package outcome

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

const (
	// KeptFor is how long the rows of an execution are kept after the last of them
	// was written.
	KeptFor = 90 * 24 * time.Hour
	// MaxRowsOfWorkflow bounds the rows of a workflow: beyond it those of its older
	// executions are given up. The newest execution with rows always keeps its own.
	MaxRowsOfWorkflow = 100_000
	// droppedAtOnce bounds what one commit deletes: every other commit of the
	// process waits for it.
	droppedAtOnce = 1000
)

// Archive gives up the rows of a workflow, inside a transaction. They are shown no
// more, and the next sweep deletes them; there may be too many for one
// transaction. The counts stay.
func (s *Store) Archive(ctx context.Context, tx db.Tx, ws workflow.WorkspaceID, id workflow.ID) error {
	workspace, err := tx.Workspace(ctx, string(ws))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, s.sql.expireAll, workspace, string(id), s.now()); err != nil {
		return fmt.Errorf("give up the row outcomes of workflow %s: %w", id, err)
	}
	return nil
}

// Sweep deletes the rows that are kept no longer. The counts stay, and so does
// everything of executions that have not ended.
func (s *Store) Sweep(ctx context.Context, ended func(context.Context, workflow.ExecutionKey) (bool, error)) error {
	for after := int64(-1); ; {
		var ws workflow.WorkspaceID
		err := s.db.Read().QueryRow(ctx, s.sql.nextWorkspace, after).Scan(&after, (*string)(&ws))
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for row outcomes: %w", err)
		}
		runs, err := s.keptOf(ctx, after)
		if err != nil {
			return err
		}
		for _, r := range overdue(runs, s.clock.Now()) {
			over, err := ended(ctx, workflow.ExecutionKey{Workspace: ws, Execution: r.execution})
			if err == nil && over {
				err = s.drop(ctx, r)
			}
			if err != nil {
				return fmt.Errorf("delete the row outcomes of %s: %w", r.execution, err)
			}
		}
	}
}

// keptRun is a run that has rows.
type keptRun struct {
	run
	execution  workflow.ExecutionID
	definition string
	written    int64
}

// keptOf lists the runs of a workspace, the newest of each workflow first.
func (s *Store) keptOf(ctx context.Context, workspace int64) ([]keptRun, error) {
	var list []keptRun
	err := s.scanAll(ctx, s.sql.kept, []any{workspace}, func(rows db.Rows) error {
		r := keptRun{run: run{workspace: workspace}}
		err := rows.Scan(&r.number, (*string)(&r.execution), &r.definition, &r.kept, &r.written, &r.expired)
		list = append(list, r)
		return err
	})
	return list, err
}

// overdue returns the runs whose rows are kept no longer.
func overdue(runs []keptRun, now time.Time) []keptRun {
	var out []keptRun
	sum := int64(0)
	for i, r := range runs {
		newest := i == 0 || runs[i-1].definition != r.definition
		if newest {
			sum = 0
		}
		sum += r.kept
		tooMany, tooOld := sum > MaxRowsOfWorkflow && !newest, r.written < now.Add(-KeptFor).UnixMicro()
		if r.expired != 0 || tooMany || tooOld {
			out = append(out, r)
		}
	}
	return out
}

// drop deletes the rows of a run in small commits. The first one hides them; a
// sweep that is cut off is taken up by the next one.
func (s *Store) drop(ctx context.Context, r keptRun) error {
	exec := func(sql string, args ...any) error {
		return s.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, sql, append([]any{r.workspace, r.number}, args...)...)
			return err
		})
	}
	if err := exec(s.sql.expire, s.now()); err != nil {
		return err
	}
	for n := int64(0); n < r.kept; n += droppedAtOnce {
		if err := exec(s.sql.dropRows, n+droppedAtOnce); err != nil {
			return err
		}
	}
	if err := exec(s.sql.dropBatches); err != nil {
		return err
	}
	return exec(s.sql.emptied)
}
