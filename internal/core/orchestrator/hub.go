package orchestrator

import (
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Hub hears from the engine while it works and passes it on inside the
// process: ends to the dispatcher and to those who wait for them, progress to
// those who watch. It is made before the engine and given to both sides.
type Hub struct {
	progress *progressBoard

	mu      sync.Mutex
	service *Service
	waiters map[executionKey][]chan workflow.ExecutionState
}

var _ engine.Observer = (*Hub)(nil)

// NewHub returns a hub that nobody is connected to.
func NewHub() *Hub {
	return &Hub{progress: newProgressBoard(), waiters: map[executionKey][]chan workflow.ExecutionState{}}
}

// Ended is called by the engine when an end is durable.
func (h *Hub) Ended(workspace, execution, _ string, state engine.State) {
	key := executionKey{workflow.WorkspaceID(workspace), workflow.ExecutionID(execution)}
	if s := h.connected(); s != nil {
		s.admission.ended(key)
		s.cleaner.add(execution)
	}
	h.progress.ended(key)
	// Whoever asks for the end from now on finds the execution closed above.
	h.mu.Lock()
	waiters := h.waiters[key]
	delete(h.waiters, key)
	h.mu.Unlock()
	for _, w := range waiters {
		w <- workflow.ExecutionState(state) // has room for one
	}
}

// Progress is called by the engine with what a workflow function reports.
func (h *Hub) Progress(workspace, execution string, p engine.Progress) {
	key := executionKey{workflow.WorkspaceID(workspace), workflow.ExecutionID(execution)}
	out := workflow.Progress{Message: p.Message, Done: p.Done, Total: p.Total}
	for _, item := range p.Items {
		out.Items = append(out.Items, workflow.ProgressItem(item))
	}
	h.progress.report(key, out)
}

func (h *Hub) connected() *Service {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.service
}

func (h *Hub) connect(s *Service) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.service = s
}

// wait returns a channel that gets the end state of an execution.
func (h *Hub) wait(key executionKey) chan workflow.ExecutionState {
	ch := make(chan workflow.ExecutionState, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiters[key] = append(h.waiters[key], ch)
	return ch
}

// forget gives up a wait.
func (h *Hub) forget(key executionKey, ch chan workflow.ExecutionState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := h.waiters[key][:0]
	for _, w := range h.waiters[key] {
		if w != ch {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		delete(h.waiters, key)
		return
	}
	h.waiters[key] = kept
}
