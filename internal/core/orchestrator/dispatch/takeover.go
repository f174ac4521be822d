package dispatch

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// pageOfOpen is how many open executions are listed at once.
const pageOfOpen = 1000

// takeover keeps the counts right while a process learns what the one before it
// has left open: an execution that is listed may end, or have ended, meanwhile,
// and the ends of those that are not listed are heard of too.
type takeover struct {
	mu      sync.Mutex
	until   int64                          // ends after this position are of executions that were counted
	listing bool                           // the open executions are being listed
	listed  map[workflow.ExecutionKey]bool // counted, and not known to have ended
	ended   map[workflow.ExecutionKey]End  // while they are being listed
}

func newTakeover() *takeover {
	return &takeover{until: math.MaxInt64, listing: true, listed: map[workflow.ExecutionKey]bool{}, ended: map[workflow.ExecutionKey]End{}}
}

// list reports whether an execution still counts as open.
func (t *takeover) list(key workflow.ExecutionKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ended := t.ended[key]; ended {
		return false
	}
	t.listed[key] = true
	return true
}

// counts reports whether an end is that of an execution that was counted.
func (t *takeover) counts(e End) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.position > t.until:
		return true
	case t.listing:
		t.ended[e.Key] = e
		return false
	}
	listed := t.listed[e.Key]
	delete(t.listed, e.Key)
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
func (t *takeover) finish(head int64) []End {
	t.mu.Lock()
	defer t.mu.Unlock()
	var late []End
	for key, e := range t.ended {
		if t.listed[key] {
			late = append(late, e)
			delete(t.listed, key)
		}
	}
	t.until, t.listing, t.ended = head, false, nil
	return late
}

// TakeOver learns what is open and puts right what the process before this one
// did not finish.
func (d *Dispatcher) TakeOver(ctx context.Context) error {
	if err := d.eachOpen(ctx, d.restore); err != nil {
		return err
	}
	head, err := d.store.Head(ctx)
	if err != nil {
		return err
	}
	for _, e := range d.takeover.finish(head) {
		d.admission.Ended(e.Key, e.lane, e.began)
	}
	return nil
}

// eachOpen walks the open executions.
func (d *Dispatcher) eachOpen(ctx context.Context, use func(context.Context, engine.OpenExecution) error) error {
	for after := (engine.OpenAfter{}); ; {
		page, err := d.engine.Open(ctx, after, pageOfOpen)
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
func (d *Dispatcher) restore(ctx context.Context, x engine.OpenExecution) error {
	key := workflow.KeyOf(x.Workspace, x.Execution)
	if x.Parent || !d.takeover.list(key) {
		return nil
	}
	of := admission.LaneOf(x.Workspace, x.Definition)
	d.admission.Restore(of, d.Rule(x.Kind), x.State == workflow.Pending)
	if x.State != workflow.Running {
		return nil
	}
	halted, err := d.halted(ctx, key.Workspace, of.Workflow)
	if err == nil && halted {
		_, err = d.engine.Pause(ctx, x.Workspace, x.Execution, systemMeta())
	}
	if errors.Is(err, engine.ErrEnded) || errors.Is(err, engine.ErrNotFound) || errors.Is(err, engine.ErrStopping) {
		err = nil
	}
	return err
}

// halted reports whether a workflow is paused. An execution without a definition
// still counts.
func (d *Dispatcher) halted(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (halted bool, err error) {
	err = d.definitions.Read(ctx, ws, id, func(def *definition.Definition) error {
		halted = def.State == workflow.Halted
		return nil
	})
	if errors.Is(err, workflow.ErrNotFound) {
		err = nil
	}
	return halted, err
}
