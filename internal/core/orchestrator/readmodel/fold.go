package readmodel

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// fold is the state of the projection between two writes: the rows that are
// still moving, and what the next write has to store. What the events make of
// the rows depends on the events alone, never on where a batch ends.
type fold struct {
	read       *reader // for rows that are not held
	workflows  map[name]*workflowRow
	executions map[name]*executionRow

	position          int64
	changedWorkflows  []*workflowRow
	recounted         []*workflowRow
	changedExecutions []*executionRow
	changedSteps      []*stepRow
	stepIndex         map[*stepRow]struct{}
}

func newFold(read *reader) *fold {
	return &fold{read: read, workflows: map[name]*workflowRow{}, executions: map[name]*executionRow{}, stepIndex: map[*stepRow]struct{}{}}
}

// Limits of the rows held between writes; beyond them rows are read again.
const (
	maxHeldWorkflows  = 2_000
	maxHeldExecutions = 20_000
)

// written forgets what was stored and what need not be held any longer.
func (f *fold) written() {
	for _, r := range f.changedWorkflows {
		r.changed = false
	}
	for _, r := range f.recounted {
		r.recounted = false
	}
	for _, r := range f.changedExecutions {
		r.changed = false
		if r.ended != 0 {
			delete(f.executions, name{r.workspace, r.id})
		}
	}
	f.changedWorkflows, f.recounted = f.changedWorkflows[:0], f.recounted[:0]
	f.changedExecutions, f.changedSteps = f.changedExecutions[:0], f.changedSteps[:0]
	clear(f.stepIndex)
	shrink(f.workflows, maxHeldWorkflows)
	shrink(f.executions, maxHeldExecutions)
}

func shrink[V any](held map[name]V, most int) {
	for k := range held {
		if len(held) <= most {
			return
		}
		delete(held, k)
	}
}

// apply folds one event.
func (f *fold) apply(ctx context.Context, e *eventstore.Event) error {
	f.position = e.Position
	var err error
	switch {
	case strings.HasPrefix(e.Type, eventstore.PrivatePrefix):
	case e.Stream.Type == workflow.StreamType:
		err = f.applyWorkflow(ctx, e)
	case e.Stream.Type == engine.StreamType:
		err = f.applyExecution(ctx, e)
	}
	if err != nil {
		return fmt.Errorf("fold event %d (%s): %w", e.Position, e.Type, err)
	}
	return nil
}

func (f *fold) applyWorkflow(ctx context.Context, e *eventstore.Event) error {
	key := name{e.Stream.Workspace, e.Stream.ID}
	now := e.Time.UnixMicro()
	if e.Type == workflow.EventCreated {
		r := &workflowRow{seq: e.Position, workspace: key.workspace, id: key.id, state: string(workflow.Active), created: now, figures: newFigures()}
		f.workflows[key] = r
		f.recount(r)
	}
	r, err := f.workflow(ctx, key)
	if r == nil || err != nil {
		return err
	}
	switch e.Type {
	case workflow.EventCreated, workflow.EventUpdated:
		var v workflow.VersionData
		if err := json.Unmarshal(e.Data, &v); err != nil {
			return err
		}
		r.kind, r.name, r.version, r.config, r.labels = v.Kind, v.Name, int64(v.Version), string(v.Config), labelsJSON(v.Labels)
	case workflow.EventPaused:
		r.state = string(workflow.Halted)
	case workflow.EventResumed:
		r.state = string(workflow.Active)
	case workflow.EventArchived:
		r.state = string(workflow.Archived)
	case workflow.EventDiscarded:
		return f.discarded(ctx, e)
	}
	r.updated = now
	if !r.changed {
		r.changed = true
		f.changedWorkflows = append(f.changedWorkflows, r)
	}
	return nil
}

// discarded notes that the redrive of an execution was given up.
func (f *fold) discarded(ctx context.Context, e *eventstore.Event) error {
	var d workflow.Discarded
	if err := json.Unmarshal(e.Data, &d); err != nil {
		return err
	}
	r, err := f.execution(ctx, name{e.Stream.Workspace, string(d.Execution)})
	if r == nil || err != nil {
		return err
	}
	r.more.DiscardedAt = e.Time.UnixMicro()
	f.touch(r)
	return nil
}

// labelsJSON writes labels in the order of their names.
func labelsJSON(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	raw, _ := json.Marshal(labels) // strings always encode
	return string(raw)
}

func (f *fold) recount(r *workflowRow) {
	if !r.recounted {
		r.recounted = true
		f.recounted = append(f.recounted, r)
	}
}

// workflow returns a row with its figures, nil when there is none.
func (f *fold) workflow(ctx context.Context, key name) (*workflowRow, error) {
	if r, ok := f.workflows[key]; ok {
		return r, nil
	}
	r, err := f.read.counted(ctx, key)
	if r != nil && err == nil {
		f.workflows[key] = r
	}
	return r, err
}

// execution returns a row with its open steps, nil when there is none.
func (f *fold) execution(ctx context.Context, key name) (*executionRow, error) {
	if r, ok := f.executions[key]; ok {
		return r, nil
	}
	r, err := f.read.open(ctx, key)
	if r != nil && err == nil {
		f.executions[key] = r
	}
	return r, err
}
