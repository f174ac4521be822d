package orchestrator

import (
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Limits bound what the process takes on.
type Limits struct {
	// MaxConcurrent bounds the executions that are at work at a time, over all
	// workflows; those that wait, are paused or parked do not count. Zero means 100.
	MaxConcurrent int
	// MaxPending bounds the executions that wait to begin; beyond it a start is
	// refused. Zero means 100,000.
	MaxPending int
}

// Hub stands between the engine and the service: it tells the engine who has a
// place, and passes on what workflow functions report. It is made before the
// engine and given to both sides.
type Hub struct {
	progress  *progress.Board
	admission *admission.Control
	ends      *ends
	rule      func(kind string) admission.Rule // set before the engine runs
}

var (
	_ engine.Observer = (*Hub)(nil)
	_ engine.Places   = (*Hub)(nil)
)

// NewHub returns a hub for an engine and a service.
func NewHub(l Limits) *Hub {
	if l.MaxConcurrent == 0 {
		l.MaxConcurrent = 100
	}
	if l.MaxPending == 0 {
		l.MaxPending = 100_000
	}
	return &Hub{progress: progress.New(), admission: admission.New(l.MaxConcurrent, l.MaxPending), ends: newEnds()}
}

// Progress is called by the engine with what a workflow function reports.
func (h *Hub) Progress(by engine.Info, p engine.Progress) {
	h.progress.Report(keyOf(by.Workspace, by.Execution), workflow.ID(by.Definition), p)
}

// Acquire is called by the engine for an execution that wants to go on.
func (h *Hub) Acquire(o engine.OpenExecution, granted func()) {
	h.admission.Acquire(admission.Asker{Key: keyOf(o.Workspace, o.Execution), Lane: laneOf(o), Priority: o.Priority, Child: o.Parent}, h.rule(o.Kind), granted)
}

// Release is called by the engine when an execution gives its place back.
func (h *Hub) Release(workspace, execution string) {
	h.admission.LeavePlace(keyOf(workspace, execution))
}

// keptEnds bounds how many ends are remembered for those who ask too late.
const keptEnds = 100_000

// ends knows how executions ended a moment ago, and who waits for an end.
type ends struct {
	mu      sync.Mutex
	young   map[executionKey]workflow.ExecutionState
	old     map[executionKey]workflow.ExecutionState
	waiters map[executionKey][]chan workflow.ExecutionState
}

func newEnds() *ends {
	return &ends{young: map[executionKey]workflow.ExecutionState{}, waiters: map[executionKey][]chan workflow.ExecutionState{}}
}

// ended tells those who wait.
func (e *ends) ended(key executionKey, state workflow.ExecutionState) {
	e.mu.Lock()
	if len(e.young) >= keptEnds/2 {
		e.old, e.young = e.young, map[executionKey]workflow.ExecutionState{}
	}
	e.young[key] = state
	waiters := e.waiters[key]
	delete(e.waiters, key)
	e.mu.Unlock()
	for _, w := range waiters {
		w <- state // has room for one
	}
}

// wait returns a channel that gets the end state of an execution, at once if it
// has ended a moment ago.
func (e *ends) wait(key executionKey) chan workflow.ExecutionState {
	ch := make(chan workflow.ExecutionState, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	state, ok := e.young[key]
	if !ok {
		state, ok = e.old[key]
	}
	if ok {
		ch <- state
		return ch
	}
	e.waiters[key] = append(e.waiters[key], ch)
	return ch
}

// forget gives up a wait.
func (e *ends) forget(key executionKey, ch chan workflow.ExecutionState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := e.waiters[key][:0]
	for _, w := range e.waiters[key] {
		if w != ch {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		delete(e.waiters, key)
		return
	}
	e.waiters[key] = kept
}
