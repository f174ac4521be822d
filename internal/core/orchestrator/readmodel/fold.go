package readmodel

import (
	"bytes"
	"context"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// fold is the projection.Fold: it loads the rows that an event needs, lets the
// event change them and hands what has changed to the writer.
type fold struct {
	reader *reader
	writer *writer
	rows   *held
}

func newFold(r *reader, w *writer) *fold { return &fold{r, w, newHeld()} }

// Apply implements projection.Fold.
func (f *fold) Apply(ctx context.Context, e *eventstore.Event) error {
	n, err := needed(e)
	if err != nil {
		return err
	}
	if err := f.load(ctx, n); err != nil {
		return err
	}
	if e.Stream.Type == workflow.StreamType {
		return foldWorkflow(f.rows, e)
	}
	return foldExecution(f.rows, e)
}

// Changes implements projection.Fold.
func (f *fold) Changes() (db.Write, error) {
	return f.writer.write(f.rows.take())
}

// need says which rows an event may change. Empty ids stand for none.
type need struct {
	workspace           string
	workflow, execution string
}

// needed returns what an event needs. What it creates itself is not among it.
func needed(e *eventstore.Event) (need, error) {
	n := need{workspace: e.Stream.Workspace}
	if e.Stream.Type == workflow.StreamType {
		if e.Type != workflow.EventCreated {
			n.workflow = e.Stream.ID
		}
		if e.Type == workflow.EventDiscarded {
			d, err := discarded(e)
			n.execution = string(d.Execution)
			return n, err
		}
		return n, nil
	}
	n.workflow = engine.DecodeLabels(e.Labels).Definition
	if e.Type != engine.EventCreated {
		n.execution = e.Stream.ID
		return n, nil
	}
	if bytes.Contains(e.Data, []byte(`"origin"`)) { // few have one
		c, err := engine.DecodeCreated(e.Data)
		if err == nil && c.Origin != nil {
			n.execution = c.Origin.Execution
		}
		return n, err
	}
	return n, nil
}

// load makes sure that rows are held.
func (f *fold) load(ctx context.Context, n need) (err error) {
	w, x := name{n.workspace, n.workflow}, name{n.workspace, n.execution}
	if _, ok := f.rows.workflows[w]; !ok && w.id != "" {
		if f.rows.workflows[w], err = f.reader.counted(ctx, w); err != nil {
			return fmt.Errorf("read workflow %s: %w", w.id, err)
		}
	}
	if _, ok := f.rows.executions[x]; !ok && x.id != "" {
		if f.rows.executions[x], err = f.reader.open(ctx, x); err != nil {
			return fmt.Errorf("read execution %s: %w", x.id, err)
		}
	}
	return nil
}
