package orchestrator

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
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

// NewHub returns a hub for an engine and a service. A nil clock means the
// machine's.
func NewHub(l Limits, c clock.Clock) *Hub {
	if c == nil {
		c = clock.System()
	}
	if l.MaxConcurrent == 0 {
		l.MaxConcurrent = 100
	}
	if l.MaxPending == 0 {
		l.MaxPending = 100_000
	}
	return &Hub{progress: progress.New(c), admission: admission.New(l.MaxConcurrent, l.MaxPending), ends: newEnds()}
}

// Progress is called by the engine with what a workflow function reports.
func (h *Hub) Progress(by engine.Info, p engine.Progress) {
	h.progress.Report(workflow.KeyOf(by.Workspace, by.Execution), workflow.ID(by.Definition), p)
}

// Acquire is called by the engine for an execution that wants to go on.
func (h *Hub) Acquire(o engine.OpenExecution, granted func()) {
	h.admission.Acquire(admission.Asker{Key: workflow.KeyOf(o.Workspace, o.Execution), Lane: admission.LaneOf(o.Workspace, o.Definition), Priority: o.Priority, Child: o.Parent}, h.rule(o.Kind), granted)
}

// Release is called by the engine when an execution gives its place back.
func (h *Hub) Release(workspace, execution string) {
	h.admission.LeavePlace(workflow.KeyOf(workspace, execution))
}
