package readmodel

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// foldStep folds an event of a step of an execution.
func foldStep(rows *held, r *executionRow, e *eventstore.Event) {
	s := engine.DecodeStep(e.Data)
	if r.more.Waiting != nil {
		r.more.Waiting = nil
		rows.moved(r)
	}
	row := r.stepOf(s, e)
	row.take(s, e)
	rows.stepped(row)
	if e.Type == engine.EventStepStarted {
		return
	}
	if row.endedAt != 0 {
		delete(r.openSteps, row.path)
	}
	r.counts(e.Type)
	rows.moved(r)
	if w := rows.workflows[name{r.workspace, r.workflow}]; w != nil {
		w.figures.stepped(e.Type, s.Class)
		rows.recounted(w)
	}
}

// stepOf returns the row of the step that an event is about. A read-only step
// appears with its first event, which comes at its end.
func (r *executionRow) stepOf(s engine.StepEvent, e *eventstore.Event) *stepRow {
	row := r.openSteps[s.Path]
	if row == nil {
		row = &stepRow{execution: r.seq, seq: e.Position, path: s.Path, name: s.Step, label: s.Label, generation: int64(s.Generation),
			readOnly: number(s.ReadOnly), startedAt: e.Time.UnixMicro() - s.Duration.Microseconds()}
		r.openSteps[s.Path] = row
	}
	return row
}

// take changes the row as an event says.
func (r *stepRow) take(s engine.StepEvent, e *eventstore.Event) {
	r.attempt, r.nextAt = int64(s.Attempt), 0
	if s.Failure != nil {
		r.failure = string(s.Failure)
	}
	switch e.Type {
	case engine.EventStepStarted:
		r.state = string(workflow.StepRunning)
	case engine.EventStepRetrying:
		r.state, r.nextAt = string(workflow.StepRetrying), s.NextAt.UnixMicro()
	case engine.EventStepCompleted:
		r.state, r.endedAt = string(workflow.StepCompleted), e.Time.UnixMicro()
	case engine.EventStepFailed:
		r.state, r.endedAt = string(workflow.StepFailed), e.Time.UnixMicro()
	}
}

// counts counts an event of one of its steps.
func (r *executionRow) counts(eventType string) {
	switch eventType {
	case engine.EventStepRetrying:
		r.retry++
	case engine.EventStepCompleted:
		r.stepsCompleted++
	case engine.EventStepFailed:
		r.stepsFailed++
	}
}

// stepParked marks the step that an execution is parked at.
func stepParked(rows *held, r *executionRow, data []byte) {
	s := engine.DecodeStep(data)
	row := r.openSteps[s.Path]
	if row == nil {
		return
	}
	row.state = string(workflow.StepParked)
	if s.Failure != nil {
		row.failure = string(s.Failure)
	}
	rows.stepped(row)
}

// stepsUnparked marks the steps that an execution was parked at: they go on.
func stepsUnparked(rows *held, r *executionRow) {
	for _, row := range r.openSteps {
		if row.state == string(workflow.StepParked) {
			row.state = string(workflow.StepRunning)
			rows.stepped(row)
		}
	}
}
