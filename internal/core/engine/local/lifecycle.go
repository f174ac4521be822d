package local

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

const (
	saveInterval = 5 * time.Second
	recoverers   = 4               // executions recovered at a time
	lastGrace    = 2 * time.Second // for steps whose context was cancelled
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
	return e.open.save(saving)
}

// serve keeps the open set's table near until it is time to stop.
func (e *Engine) serve(ctx context.Context) error {
	var lost <-chan struct{}
	if e.o.DB != nil {
		lost = e.o.DB.Lost()
	}
	tick := time.NewTicker(saveInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-lost:
			return errors.New("the engine stopped: this process no longer owns the database; start it again, nothing acknowledged is lost")
		case <-tick.C:
		case <-e.open.due:
		}
		if err := e.open.save(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("the list of open executions lags; the next start reads more", "error", err)
		}
	}
}

// recover loads every open execution and lets it go on.
func (e *Engine) recover(ctx context.Context) error {
	keys, err := e.open.load(ctx, e.store)
	if err != nil {
		return err
	}
	todo := make(chan *exec)
	var workers sync.WaitGroup
	for range min(recoverers, len(keys)) {
		workers.Go(func() {
			for x := range todo {
				if e.enter() {
					x.post(input{kind: inRecover})
					e.leave()
				}
			}
		})
	}
	for _, k := range keys {
		x := &exec{e: e, key: k, running: map[string]*attempt{}, first: true, state: engine.Running}
		e.mu.Lock()
		e.execs[k] = x
		e.mu.Unlock()
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
	return nil
}

// drain waits for running steps and commits, then ends what is left.
func (e *Engine) drain() {
	if !e.idleWithin(e.o.DrainTimeout) {
		e.log.Warn("steps are still running; the next start goes on with them", "waited", e.o.DrainTimeout)
	}
	e.closed.Store(true)
	e.stopSteps(errStopping)
	e.idleWithin(lastGrace)
	e.mu.Lock()
	all := e.execs
	e.execs = map[key]*exec{}
	e.mu.Unlock()
	for _, x := range all {
		x.close()
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

// close ends the execution's goroutines; its stream stays as it is.
func (x *exec) close() {
	x.mu.Lock()
	x.gone = true
	if x.timer != nil {
		x.timer.Stop()
	}
	busy := x.busy
	x.busy = true
	refused := x.inbox
	x.inbox = nil
	x.mu.Unlock()
	for i := range refused {
		refused[i].answer(0, engine.ErrStopping)
	}
	if !busy && x.m != nil {
		x.m.teardown()
		x.m = nil
	}
}
