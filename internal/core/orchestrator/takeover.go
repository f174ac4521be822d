package orchestrator

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// pageOfOpen is how many open executions are listed at once.
const pageOfOpen = 1000

// takeover keeps the counts right while a process learns what the one before it
// has left open: an execution that is listed may end, or have ended, meanwhile,
// and the ends of those that are not listed are heard of too.
type takeover struct {
	mu      sync.Mutex
	until   int64                 // ends after this position are of executions that were counted
	listing bool                  // the open executions are being listed
	listed  map[executionKey]bool // counted, and not known to have ended
	ended   map[executionKey]end  // while they are being listed
}

func (t *takeover) begin() {
	t.until, t.listing, t.listed, t.ended = math.MaxInt64, true, map[executionKey]bool{}, map[executionKey]end{}
}

// list reports whether an execution still counts as open.
func (t *takeover) list(key executionKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ended := t.ended[key]; ended {
		return false
	}
	t.listed[key] = true
	return true
}

// counts reports whether an end is that of an execution that was counted.
func (t *takeover) counts(e end) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.position > t.until:
		return true
	case t.listing:
		t.ended[e.key] = e
		return false
	}
	listed := t.listed[e.key]
	delete(t.listed, e.key)
	return listed
}

// passed forgets what no one needs any more once everything up to a position has
// been heard of.
func (t *takeover) passed(position int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if position > t.until {
		t.listed = nil
	}
}

// finish returns the ends of executions that were listed and have ended since.
// Nothing was started before the position head.
func (t *takeover) finish(head int64) []end {
	t.mu.Lock()
	defer t.mu.Unlock()
	var late []end
	for key, e := range t.ended {
		if t.listed[key] {
			late = append(late, e)
			delete(t.listed, key)
		}
	}
	t.until, t.listing, t.ended = head, false, nil
	return late
}

// takeOver learns what is open and puts right what the process before this one
// did not finish.
func (s *Service) takeOver(ctx context.Context) error {
	if err := s.eachOpen(ctx, s.restore); err != nil {
		return err
	}
	head, err := s.store.Head(ctx)
	if err != nil {
		return err
	}
	for _, e := range s.takeover.finish(head) {
		s.admission.Ended(e.key, e.lane, e.began)
	}
	if s.blobs != nil { // what is there before anything can start belongs to the past
		executions, err := s.blobs.Owners(ctx, blob.Execution)
		if err != nil {
			return err
		}
		s.cleaner.found(executions)
	}
	close(s.ready)
	return nil
}

// eachOpen walks the open executions.
func (s *Service) eachOpen(ctx context.Context, use func(context.Context, engine.OpenExecution) error) error {
	for after := (engine.OpenAfter{}); ; {
		page, err := s.engine.Open(ctx, after, pageOfOpen)
		if err != nil {
			return err
		}
		for _, x := range page {
			if err := use(ctx, x); err != nil {
				return err
			}
			after = engine.OpenAfter{Workspace: x.Workspace, Execution: x.Execution}
		}
		if len(page) < pageOfOpen {
			return nil
		}
	}
}

// restore counts an execution that was open. One of a paused workflow that still
// runs missed the pause: it is repeated.
func (s *Service) restore(ctx context.Context, x engine.OpenExecution) error {
	key := keyOf(x.Workspace, x.Execution)
	if x.Parent || !s.takeover.list(key) {
		return nil
	}
	of := laneOf(x)
	s.admission.Restore(of, s.rule(x.Kind), x.State == workflow.Pending)
	if x.State != workflow.Running {
		return nil
	}
	halted, err := s.halted(ctx, key.Workspace, of.Workflow)
	if err == nil && halted {
		_, err = s.engine.Pause(ctx, x.Workspace, x.Execution, systemMeta())
	}
	if errors.Is(err, engine.ErrEnded) {
		err = nil
	}
	return err
}

// halted reports whether a workflow is paused. An execution without a definition
// still counts.
func (s *Service) halted(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (halted bool, err error) {
	err = s.definitions.with(ctx, ws, id, false, func(d *definition) error {
		halted = d.state == workflow.Halted
		return nil
	})
	if errors.Is(err, workflow.ErrNotFound) {
		err = nil
	}
	return halted, err
}
