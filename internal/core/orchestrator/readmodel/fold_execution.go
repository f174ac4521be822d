package readmodel

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// applyExecution folds one event of an execution. Events of a kind (domain
// events on the same stream) change no row here.
func (f *fold) applyExecution(ctx context.Context, e *eventstore.Event) error {
	key := name{e.Stream.Workspace, e.Stream.ID}
	if e.Type == engine.EventCreated {
		r := createdExecution(e)
		f.executions[key] = r
		return f.settle(ctx, r, "")
	}
	r, err := f.execution(ctx, key)
	if r == nil || err != nil {
		return err
	}
	switch e.Type {
	case engine.EventStepStarted, engine.EventStepCompleted, engine.EventStepFailed, engine.EventStepRetrying:
		return f.applyStep(ctx, r, e)
	}
	before := workflow.ExecutionState(r.state)
	if !r.move(e) {
		return nil
	}
	switch e.Type {
	case engine.EventParked:
		f.stepParked(r, e.Data)
	case engine.EventUnparked, engine.EventCancelRequested:
		f.stepsUnparked(r)
	}
	return f.settle(ctx, r, before)
}

func createdExecution(e *eventstore.Event) *executionRow {
	r := &executionRow{seq: e.Position, workspace: e.Stream.Workspace, id: e.Stream.ID, created: e.Time.UnixMicro(), openSteps: map[string]*stepRow{},
		kind: about(e, "kind"), workflow: Definition(e)}
	for key, value := range members(e.Data) {
		switch key {
		case "version":
			r.version = number(value)
		case "priority":
			r.priority = number(value)
		case "trigger":
			r.triggerType, r.triggerKey = text(member(value, "type")), text(member(value, "key"))
		case "run_as":
			r.runAs = text(value)
		case "input":
			r.input = string(value)
		}
	}
	return r
}

// move changes the row as a life-cycle event says; false means that it says
// nothing about the life.
func (r *executionRow) move(e *eventstore.Event) bool {
	switch e.Type {
	case engine.EventStarted:
		r.flags |= flagStarted
		if r.started == 0 {
			r.started = e.Time.UnixMicro()
		}
	case engine.EventPaused:
		r.flags |= flagPaused
	case engine.EventResumed:
		r.flags &^= flagPaused
	case engine.EventParked:
		r.flags |= flagParked
		r.parked = parkedJSON(e)
	case engine.EventUnparked:
		r.flags &^= flagParked
		r.parked = ""
	case engine.EventCancelRequested:
		r.flags = r.flags&^(flagPaused|flagParked) | flagCancelling
		r.parked = ""
	case engine.EventCompensating:
		r.flags |= flagCompensating
	case engine.EventCompleted:
		r.end(workflow.Completed, e)
	case engine.EventFailed:
		r.end(workflow.Failed, e)
	case engine.EventCancelled:
		r.end(workflow.Cancelled, e)
	default:
		return false
	}
	return true
}

func (r *executionRow) end(state workflow.ExecutionState, e *eventstore.Event) {
	r.state, r.ended, r.parked = string(state), e.Time.UnixMicro(), ""
	for key, value := range members(e.Data) {
		switch key {
		case "output":
			r.output = string(value)
		case "error":
			r.failure = string(value)
		}
	}
}

func parkedJSON(e *eventstore.Event) string {
	p := parkedRow{Since: e.Time.UnixMicro()}
	for key, value := range members(e.Data) {
		switch key {
		case "reason":
			p.Reason = text(value)
		case "step":
			p.Step = text(value)
		case "path":
			p.Path = text(value)
		case "error":
			p.Error = json.RawMessage(value)
		}
	}
	raw, _ := json.Marshal(p) // the error is JSON that the store has accepted
	return string(raw)
}

// settle stores the state that follows from the flags and counts the change.
func (f *fold) settle(ctx context.Context, r *executionRow, before workflow.ExecutionState) error {
	now := r.derive()
	r.state = string(now)
	f.touch(r)
	w, err := f.workflow(ctx, name{r.workspace, r.workflow})
	if w == nil || err != nil {
		return err
	}
	r.workflowSeq = w.seq
	f.recount(w)
	w.figures.moved(before, now)
	if !now.Ended() {
		return nil
	}
	w.figures.ended(end{Execution: r.id, State: now, At: r.ended, Error: json.RawMessage(r.failure)}, r.duration())
	if class := text(member([]byte(r.failure), "class")); class != "" && member([]byte(r.failure), "step") == nil {
		w.figures.Errors[class]++ // a step's error was counted with the step
	}
	return nil
}

func (r *executionRow) duration() int64 {
	if r.started == 0 {
		return -1
	}
	return r.ended - r.started
}

func (f *fold) touch(r *executionRow) {
	if !r.changed {
		r.changed = true
		f.changedExecutions = append(f.changedExecutions, r)
	}
}
