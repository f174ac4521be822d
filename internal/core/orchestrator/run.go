package orchestrator

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

const (
	// forgetEvery is how often old idempotency keys are dropped.
	forgetEvery = time.Hour
	// retryReads is how long a failed read of the store waits.
	retryReads = time.Second
)

// systemMeta is who acts when the orchestrator itself does.
func systemMeta() eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Type: "system", ID: "orchestrator"}}
}

// Run releases pending executions, stores progress and deletes what ended
// executions have left. It works until ctx ends, and is called once, beside the
// engine's Run and that of the projections.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.saveProgress(ctx) })
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
		head, err := s.store.Head(ctx)
		if err != nil {
			return err
		}
		group.Go(func() error { return s.follow(ctx, max(0, head-lookBack)) })
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

// forget drops old idempotency keys now and then.
func (s *Service) forget(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.responses.Forget(ctx); err != nil && ctx.Err() == nil {
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
