package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
)

var errStopping = errors.New("the engine is stopping")

const (
	saveInterval = 5 * time.Second
	recoverers   = 4               // executions recovered at a time
	lastGrace    = 2 * time.Second // for steps whose context was cancelled
	// lookAhead is how often the table is asked for what is woken soon.
	lookAhead = horizon / 2
	// maxDue bounds what one look at the table brings into memory.
	maxDue = 10_000
)

// Run recovers the open executions and works until ctx ends or the database is
// lost. Then no new work begins; running steps may end within DrainTimeout and
// their results are kept; the rest is left to the recovery of the next
// process. It returns nil after ctx has ended. It may be called once.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.done)
	if err := e.recover(ctx); err != nil {
		e.draining.Store(true)
		e.drain()
		return err
	}
	close(e.ready)
	err := e.serve(ctx)
	e.draining.Store(true)
	e.drain()
	if err != nil {
		return err
	}
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return e.open.Save(saving)
}

// serve keeps the table of open executions up to date, and wakes what is due,
// until it is time to stop.
func (e *Engine) serve(ctx context.Context) error {
	var lost <-chan struct{}
	if e.options.DB != nil {
		lost = e.options.DB.Lost()
	}
	save, look := time.NewTicker(saveInterval), time.NewTicker(lookAhead)
	defer save.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-lost:
			return errors.New("the engine stopped: this process no longer owns the database; start it again, nothing acknowledged is lost")
		case <-look.C:
			again := lookAhead
			if e.wakeDue(ctx) {
				again = time.Second
			}
			look.Reset(again)
			continue
		case <-save.C:
		case <-e.open.Behind():
		}
		if err := e.open.Save(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("the table of open executions lags; the next start reads more", "error", err)
		}
	}
}

// wakeDue sets the timers of what is woken soon and reports whether there may be
// more than it looked at.
func (e *Engine) wakeDue(ctx context.Context) bool {
	due, err := e.open.Due(ctx, e.now().Add(horizon).UnixMicro(), maxDue)
	if err != nil {
		if ctx.Err() == nil {
			e.log.Error("what is due could not be read and is read again", "error", err, "again_in", lookAhead)
		}
		return false
	}
	for _, row := range due {
		e.mu.Lock()
		if e.executions[row.Key] == nil {
			x := newExecution(e, row.Key)
			x.shown(row)
			e.executions[row.Key] = x
			x.mu.Lock()
			x.arm()
			x.mu.Unlock()
		}
		e.mu.Unlock()
	}
	return len(due) == maxDue
}

// recover loads every execution that was at work when the last process ended,
// and lets it go on.
func (e *Engine) recover(ctx context.Context) error {
	e.host.Began = e.now().UnixMicro()
	head, err := e.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read how far the store is: %w", err)
	}
	e.host.Head = head
	rows, err := e.open.Load(ctx, e.store, Name)
	if err != nil {
		return err
	}
	all := e.adoptRows(rows)
	todo := make(chan *execution)
	var workers sync.WaitGroup
	for range min(recoverers, len(rows)) {
		workers.Go(func() {
			for x := range todo {
				if e.enter() {
					x.post(activation.Input{Kind: activation.Recover})
					e.leave()
				}
			}
		})
	}
	for _, x := range all {
		if ctx.Err() != nil {
			break
		}
		todo <- x
	}
	close(todo)
	workers.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("recover the open executions: %w", ctx.Err())
	}
	e.wakeDue(ctx)
	return nil
}

// adoptRows makes the executions of rows, all of them before one goes on: one
// may call another.
func (e *Engine) adoptRows(rows []openset.Row) []*execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*execution, len(rows))
	for i, row := range rows {
		x := newExecution(e, row.Key)
		x.shown(row)
		x.wakeAt = 0
		e.executions[row.Key], all[i] = x, x
	}
	return all
}

// drain waits for running steps and commits, then ends what is left.
func (e *Engine) drain() {
	e.withdraw()
	if !e.idleWithin(e.options.DrainTimeout) {
		e.log.Warn("steps are still running; the next start goes on with them", "waited", e.options.DrainTimeout)
	}
	e.withdraw() // what the last commits called
	e.closed.Store(true)
	e.stopSteps(errStopping)
	e.idleWithin(lastGrace)
	e.mu.Lock()
	all := e.executions
	e.executions = map[openset.Key]*execution{}
	e.mu.Unlock()
	for _, x := range all {
		x.close()
	}
}

// withdraw takes back the steps that wait for a place.
func (e *Engine) withdraw() {
	e.mu.Lock()
	all := slices.Collect(maps.Values(e.executions))
	e.mu.Unlock()
	for _, x := range all {
		x.withdraw()
	}
}

// withdraw takes back what waits for a place and will not get it in this process.
func (x *execution) withdraw() {
	x.mu.Lock()
	queued := x.seat.empty()
	x.mu.Unlock()
	for _, at := range queued {
		x.post(activation.Input{Kind: activation.Withdraw, Attempt: at})
	}
}

// idleWithin waits until nothing is at work.
func (e *Engine) idleWithin(limit time.Duration) bool {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for e.active.Load() > 0 {
		select {
		case <-e.idle:
		case <-timeout.C:
			return false
		}
	}
	return true
}

// Open returns a page of the executions that have not ended.
func (e *Engine) Open(ctx context.Context, after engine.OpenAfter, limit int) ([]engine.OpenExecution, error) {
	select {
	case <-e.ready:
	default:
		return nil, nil
	}
	rows, err := e.open.Page(ctx, openset.Key(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list the open executions: %w", err)
	}
	open := make([]engine.OpenExecution, len(rows))
	for i, r := range rows {
		open[i] = openExecution(r)
		if x := e.inMemory(r.Key); x != nil {
			open[i].State = x.stateNow(r.State)
		}
	}
	return open, nil
}

// Pending lists executions of a definition that wait to be released.
func (e *Engine) Pending(ctx context.Context, workspace, definition string, limit int) ([]engine.OpenExecution, error) {
	rows, err := e.open.Pending(ctx, workspace, definition, limit)
	if err != nil {
		return nil, fmt.Errorf("list the pending executions: %w", err)
	}
	open := make([]engine.OpenExecution, len(rows))
	for i, r := range rows {
		open[i] = openExecution(r)
	}
	return open, nil
}
