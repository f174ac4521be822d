package orchestrator

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// forgetEvery is how often old idempotency keys are dropped.
const forgetEvery = time.Hour

// systemMeta is who acts when the orchestrator itself does.
func systemMeta() eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Kind: "system", ID: "orchestrator"}}
}

// Run keeps the read models up to date, releases pending executions, stores
// progress and deletes what ended executions have left. It works until ctx
// ends, and is called once, beside the engine's Run.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.model.Run(ctx) })
	group.Go(func() error { return s.saveProgress(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		close(s.stopping)
		return nil
	})
	group.Go(func() error {
		if err := s.takeOver(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		group.Go(func() error { return s.dispatch(ctx) })
		group.Go(func() error { return s.clean(ctx) })
		group.Go(func() error { return s.forget(ctx) })
		return nil
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// takeOver waits for the engine, learns what is open and puts right what the
// process before this one did not finish.
func (s *Service) takeOver(ctx context.Context) error {
	select {
	case <-s.engine.Ready():
	case <-ctx.Done():
		return nil
	}
	groups, err := s.blobGroups(ctx)
	if err != nil {
		return err
	}
	if err := s.restore(ctx, s.engine.Open()); err != nil {
		return err
	}
	s.admission.restored()
	s.deleteOrphans(ctx, groups)
	close(s.ready)
	return nil
}

func (s *Service) blobGroups(ctx context.Context) ([]string, error) {
	if s.blobs == nil {
		return nil, nil
	}
	return s.blobs.Groups(ctx)
}

// restore rebuilds the admission from the executions that are open. Those of
// a paused workflow that still run missed the pause: it is repeated.
func (s *Service) restore(ctx context.Context, open []engine.OpenExecution) error {
	// Ids sort by the time they were made: whoever came first waits in front.
	slices.SortFunc(open, func(a, b engine.OpenExecution) int { return strings.Compare(a.Execution, b.Execution) })
	for _, x := range open {
		key := executionKey{workflow.WorkspaceID(x.Workspace), workflow.ExecutionID(x.Execution)}
		id := workflow.ID(x.Definition)
		most, halted, err := s.laneOf(ctx, key.workspace, id)
		if err != nil {
			return err
		}
		waits, priority, err := s.waiting(ctx, key, x.State)
		if err != nil {
			return err
		}
		s.admission.restore(key, id, most, priority, waits, x.State == engine.Parked)
		if !halted {
			continue
		}
		s.admission.halt(key.workspace, id, most, true)
		if x.State == engine.Running {
			if _, err := s.engine.Pause(ctx, x.Workspace, x.Execution, systemMeta()); err != nil && !errors.Is(err, engine.ErrEnded) {
				return err
			}
		}
	}
	return nil
}

// laneOf returns the limit of a workflow and whether it is paused. An
// execution without a definition still counts.
func (s *Service) laneOf(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (most int, halted bool, err error) {
	most = 1
	err = s.definitions.with(ctx, ws, id, false, func(d *definition) error {
		most, halted = s.concurrency(d.newest.Kind), d.state == workflow.Halted
		return nil
	})
	if errors.Is(err, workflow.ErrNotFound) {
		err = nil
	}
	return most, halted, err
}

// waiting says whether an execution still has to be released, and with which
// priority. One may have been paused while it waited.
func (s *Service) waiting(ctx context.Context, key executionKey, state engine.State) (bool, int, error) {
	if state != engine.Pending && state != engine.Paused {
		return false, 0, nil
	}
	if err := s.model.Current(ctx); err != nil {
		return false, 0, err
	}
	return s.model.Waiting(ctx, key.workspace, key.id)
}

// dispatch releases pending executions as places become free.
func (s *Service) dispatch(ctx context.Context) error {
	releases := new(errgroup.Group)
	releases.SetLimit(atOnce)
	defer func() { _ = releases.Wait() }() // they report to the log
	for {
		for p := s.admission.next(); p != nil; p = s.admission.next() {
			releases.Go(func() error { s.releasePlace(ctx, p); return nil })
		}
		select {
		case <-s.admission.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Service) releasePlace(ctx context.Context, p *place) {
	_, err := s.engine.Release(ctx, string(p.key.workspace), string(p.key.id), systemMeta())
	switch {
	case err == nil, errors.Is(err, engine.ErrEnded): // its end, if it was cancelled, frees the place
	case errors.Is(err, engine.ErrNotFound):
		s.admission.ended(p.key)
	case errors.Is(err, engine.ErrStopping), ctx.Err() != nil:
	default:
		s.log.Error("a pending execution could not be released and is tried again", "execution", p.key.id, "error", err)
		s.pause(ctx, time.Second)
		s.admission.giveBack(p)
	}
}

// forget drops old idempotency keys now and then.
func (s *Service) forget(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.forgetAnswers(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("old idempotency keys could not be dropped and are tried again", "error", err)
		}
		s.pause(ctx, forgetEvery)
	}
	return nil
}

// pause waits for d or for the end of ctx.
func (s *Service) pause(ctx context.Context, d time.Duration) {
	over := make(chan struct{})
	timer := s.clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
