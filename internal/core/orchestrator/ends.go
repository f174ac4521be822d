package orchestrator

import (
	"context"
	"errors"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// AwaitEnd returns the end state of an execution once it has ended, without
// waiting for the read models. It needs workflow.ExecutionRead.
func (s *Service) AwaitEnd(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.ExecutionState, error) {
	if err := s.admit(ctx, c, workflow.ExecutionRead); err != nil {
		return "", err
	}
	key := workflow.ExecutionKey{Workspace: c.Workspace, Execution: id}
	ended := s.hub.ends.wait(key)
	defer s.hub.ends.forget(key, ended)
	if len(ended) == 0 { // it has ended long ago, it is open, or there is none
		x, err := s.model.Execution(ctx, c.Workspace, id)
		if errors.Is(err, workflow.ErrNotFound) {
			_, err = engine.ReadCreated(ctx, s.store, string(key.Workspace), string(key.Execution))
		}
		if errors.Is(err, engine.ErrNotFound) {
			err = workflow.NoExecution(id)
		}
		if err != nil || x.State.Ended() {
			return x.State, err
		}
	}
	select {
	case state := <-ended:
		return state, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.stopping:
		return "", workflow.Unavailable("stopping", "the server is stopping; the execution goes on after its restart")
	}
}

// keptEnds bounds how many ends are remembered for those who ask too late.
const keptEnds = 100_000

// ends knows how executions ended a moment ago, and who waits for an end.
type ends struct {
	mu      sync.Mutex
	young   map[workflow.ExecutionKey]workflow.ExecutionState
	old     map[workflow.ExecutionKey]workflow.ExecutionState
	waiters map[workflow.ExecutionKey][]chan workflow.ExecutionState
}

func newEnds() *ends {
	return &ends{young: map[workflow.ExecutionKey]workflow.ExecutionState{}, waiters: map[workflow.ExecutionKey][]chan workflow.ExecutionState{}}
}

// ended tells those who wait.
func (e *ends) ended(key workflow.ExecutionKey, state workflow.ExecutionState) {
	e.mu.Lock()
	if len(e.young) >= keptEnds/2 {
		e.old, e.young = e.young, map[workflow.ExecutionKey]workflow.ExecutionState{}
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
func (e *ends) wait(key workflow.ExecutionKey) chan workflow.ExecutionState {
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
func (e *ends) forget(key workflow.ExecutionKey, ch chan workflow.ExecutionState) {
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
