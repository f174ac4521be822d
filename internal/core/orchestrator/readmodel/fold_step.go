package readmodel

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func (f *fold) applyStep(ctx context.Context, r *executionRow, e *eventstore.Event) error {
	s := engine.DecodeStep(e.Data)
	now := e.Time.UnixMicro()
	row := f.step(r, s, e.Position, now)
	row.attempt, row.nextAt = int64(s.Attempt), 0
	if s.Failure != nil {
		row.failure = string(s.Failure)
	}
	switch e.Type {
	case engine.EventStepStarted:
		row.state = string(workflow.StepRunning)
		return nil
	case engine.EventStepRetrying:
		row.state, row.nextAt = string(workflow.StepRetrying), s.NextAt.UnixMicro()
		r.retry++
	case engine.EventStepCompleted:
		row.state, row.endedAt = string(workflow.StepCompleted), now
		r.stepsCompleted++
	case engine.EventStepFailed:
		row.state, row.endedAt = string(workflow.StepFailed), now
		r.stepsFailed++
	}
	if row.endedAt != 0 {
		delete(r.openSteps, row.path)
	}
	f.touch(r)
	return f.countStep(ctx, r, e.Type, s.Class)
}

// step returns the row of the step that an event is about. A read-only step
// appears with its first event, which comes at its end.
func (f *fold) step(r *executionRow, s engine.StepEvent, position, now int64) *stepRow {
	row := r.openSteps[s.Path]
	if row == nil {
		row = &stepRow{execution: r.seq, seq: position, path: s.Path, name: s.Step, label: s.Label, generation: int64(s.Generation), readOnly: number(s.ReadOnly), startedAt: now - s.Duration.Microseconds()}
		r.openSteps[s.Path] = row
	}
	f.touchStep(row)
	return row
}

func (f *fold) touchStep(row *stepRow) {
	if _, ok := f.stepIndex[row]; !ok {
		f.stepIndex[row] = struct{}{}
		f.changedSteps = append(f.changedSteps, row)
	}
}

// stepParked marks the step that an execution is parked at.
func (f *fold) stepParked(r *executionRow, data []byte) {
	s := engine.DecodeStep(data)
	row := r.openSteps[s.Path]
	if row == nil {
		return
	}
	row.state = string(workflow.StepParked)
	if s.Failure != nil {
		row.failure = string(s.Failure)
	}
	f.touchStep(row)
}

// stepsUnparked marks the steps that the execution was parked at: they go on.
func (f *fold) stepsUnparked(r *executionRow) {
	for _, row := range r.openSteps {
		if row.state == string(workflow.StepParked) {
			row.state = string(workflow.StepRunning)
			f.touchStep(row)
		}
	}
}

func (f *fold) countStep(ctx context.Context, r *executionRow, kind, class string) error {
	w, err := f.workflow(ctx, name{r.workspace, r.workflow})
	if w == nil || err != nil {
		return err
	}
	f.recount(w)
	switch kind {
	case engine.EventStepRetrying:
		w.figures.Retries++
	case engine.EventStepCompleted:
		w.figures.StepsCompleted++
		return nil
	case engine.EventStepFailed:
		w.figures.StepsFailed++
	}
	if class != "" {
		w.figures.Errors[class]++
	}
	return nil
}
