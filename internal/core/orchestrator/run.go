package orchestrator

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/dispatch"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// forgetEvery is how often old idempotency keys are dropped.
const forgetEvery = time.Hour

// Run releases pending executions, stores progress and deletes what ended
// executions have left. It works until ctx ends, and is called once, beside the
// engine's Run and that of the projections.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.hub.progress.Save(ctx, s.log, s.model.SaveProgress) })
	group.Go(func() error {
		<-ctx.Done()
		close(s.stopping)
		return nil
	})
	group.Go(func() error {
		select {
		case <-s.engine.Ready():
		case <-ctx.Done():
			return nil
		}
		return s.takeOver(ctx, group)
	})
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// takeOver learns what the process before this one has left, and has the rest of
// the work begin.
func (s *Service) takeOver(ctx context.Context, group *errgroup.Group) error {
	head, err := s.store.Head(ctx)
	if err != nil {
		return err
	}
	group.Go(func() error { return s.dispatcher.Follow(ctx, head) })
	if err := s.dispatcher.TakeOver(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	if err := s.cleaner.Look(ctx); err != nil {
		return err
	}
	close(s.ready)
	group.Go(func() error { return s.dispatcher.Run(ctx) })
	group.Go(func() error { return s.cleaner.Run(ctx) })
	group.Go(func() error { return s.forget(ctx) })
	return nil
}

// heard takes in the end of an execution.
func (s *Service) heard(e dispatch.End) {
	s.cleaner.Ended(e.Key, e.State, e.Child)
	s.hub.progress.Ended(e.Key)
	s.hub.ends.ended(e.Key, e.State)
}

// forget drops old idempotency keys now and then.
func (s *Service) forget(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.responses.Forget(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("old idempotency keys could not be dropped and are tried again", "error", err)
		}
		clock.Sleep(ctx, s.clock, forgetEvery)
	}
	return nil
}
