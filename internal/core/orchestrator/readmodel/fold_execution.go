package readmodel

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// foldExecution folds an event of an execution. The rows that it needs are held.
// Events of a kind (domain events on the same stream) change no row here.
func foldExecution(rows *held, e *eventstore.Event) error {
	key := name{e.Stream.Workspace, e.Stream.ID}
	if e.Type == engine.EventCreated {
		return foldCreated(rows, key, e)
	}
	r := rows.executions[key]
	if r == nil {
		return nil
	}
	switch e.Type {
	case engine.EventStepStarted, engine.EventStepCompleted, engine.EventStepFailed, engine.EventStepRetrying:
		foldStep(rows, r, e)
		return nil
	case engine.EventWaiting:
		r.waits(e.Data)
		rows.moved(r)
		return nil
	case engine.EventContinued:
		_, r.more.Generation = engine.DecodeStarted(e.Data)
		r.more.Waiting = nil
		clear(r.openSteps)
		rows.moved(r)
		return nil
	}
	before := workflow.ExecutionState(r.state)
	if !r.move(e) {
		return nil
	}
	switch e.Type {
	case engine.EventParked:
		stepParked(rows, r, e.Data)
	case engine.EventUnparked, engine.EventCancelRequested:
		stepsUnparked(rows, r)
	}
	settle(rows, r, before)
	return nil
}

func foldCreated(rows *held, key name, e *eventstore.Event) error {
	r, err := createdExecution(e)
	if err != nil {
		return err
	}
	rows.executions[key] = r
	if r.more.Origin != nil {
		if origin := rows.executions[name{key.workspace, string(r.more.Origin.Execution)}]; origin != nil {
			origin.more.SupersededBy = r.id
			rows.moved(origin)
		}
	}
	settle(rows, r, "")
	return nil
}

func createdExecution(e *eventstore.Event) (*executionRow, error) {
	c, err := engine.DecodeCreated(e.Data)
	if err != nil {
		return nil, err
	}
	var by workflow.StartedBy
	if err := json.Unmarshal(e.Data, &by); err != nil {
		return nil, err
	}
	l := engine.DecodeLabels(e.Labels)
	r := &executionRow{seq: e.Position, workspace: e.Stream.Workspace, id: e.Stream.ID, created: e.Time.UnixMicro(), openSteps: map[string]*stepRow{},
		kind: l.Kind, workflow: l.Definition, version: int64(c.Version), priority: int64(c.Priority),
		triggerType: by.Trigger.Type, triggerKey: by.Trigger.Key, runAs: string(by.RunAs), input: string(c.Input)}
	if c.Private {
		r.flags |= flagPrivate
	}
	r.more.Root = c.Root
	if p := c.Parent; p != nil {
		r.more.Parent = &workflow.Parent{Execution: workflow.ExecutionID(p.Execution), Generation: p.Generation, Path: p.Path}
	}
	if o := c.Origin; o != nil {
		r.more.Origin = &workflow.Origin{Execution: workflow.ExecutionID(o.Execution), Generation: o.Generation, Fresh: o.Fresh}
	}
	return r, nil
}

func (r *executionRow) waits(data json.RawMessage) {
	var w engine.Waiting
	if json.Unmarshal(data, &w) == nil {
		r.more.Waiting = &workflow.Waiting{Name: w.Name, Until: w.Until}
	}
}

// move changes the row as a life-cycle event says; false means that it says
// nothing about the life.
func (r *executionRow) move(e *eventstore.Event) bool {
	switch e.Type {
	case engine.EventStarted:
		r.flags |= flagStarted
		version, _ := engine.DecodeStarted(e.Data)
		r.version = int64(version)
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
	r.state, r.ended, r.parked, r.more.Waiting = string(state), e.Time.UnixMicro(), "", nil
	output, failure := engine.DecodeEnded(e.Data)
	r.output, r.failure = string(output), string(failure)
}

func parkedJSON(e *eventstore.Event) string {
	p := parkedRow{Since: e.Time.UnixMicro()}
	_ = json.Unmarshal(e.Data, &p) // written by the engine
	raw, _ := json.Marshal(p)      // the error is JSON that the store has accepted
	return string(raw)
}

// settle gives the row the state that follows from its flags and counts the
// change. A child is part of its parent: only its steps count.
func settle(rows *held, r *executionRow, before workflow.ExecutionState) {
	now := r.derive()
	r.state = string(now)
	rows.moved(r)
	w := rows.workflows[name{r.workspace, r.workflow}]
	if w == nil {
		return
	}
	if r.workflowSeq = w.seq; r.more.Parent != nil {
		return
	}
	rows.recounted(w)
	w.figures.moved(before, now)
	if !now.Ended() {
		return
	}
	w.figures.ended(end{Execution: r.id, State: now, At: r.ended, Error: json.RawMessage(r.failure)}, r.duration())
	if f := failureOf(r.failure); f != nil && f.Class != "" && f.Step == "" {
		w.figures.Errors[f.Class]++ // a step's error was counted with the step
	}
}

// duration is from the first start to the end, and negative for one that never
// began.
func (r *executionRow) duration() int64 {
	if r.started == 0 {
		return -1
	}
	return r.ended - r.started
}
