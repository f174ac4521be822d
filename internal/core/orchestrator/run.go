package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

const (
	// forgetEvery is how often old idempotency keys are dropped.
	forgetEvery = time.Hour
	// retryReads is how long a failed read of the store waits.
	retryReads = time.Second
	// pageOfOpen is how many open executions are listed at once.
	pageOfOpen = 1000
)

// systemMeta is who acts when the orchestrator itself does.
func systemMeta() eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Kind: "system", ID: "orchestrator"}}
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

// takeover is what is known while the open executions are being listed.
type takeover struct {
	sync.Mutex
	running bool
	ended   map[executionKey]end  // meanwhile
	listed  map[executionKey]bool // so far
}

func (t *takeover) begin() {
	t.Lock()
	defer t.Unlock()
	t.running, t.ended, t.listed = true, map[executionKey]end{}, map[executionKey]bool{}
}

// list reports whether an execution still counts as open.
func (t *takeover) list(key executionKey) bool {
	t.Lock()
	defer t.Unlock()
	if _, ended := t.ended[key]; ended {
		return false
	}
	t.listed[key] = true
	return true
}

// finish returns the executions that were listed and have ended since.
func (t *takeover) finish() []end {
	t.Lock()
	defer t.Unlock()
	var late []end
	for key, e := range t.ended {
		if t.listed[key] && !e.child {
			late = append(late, e)
		}
	}
	t.running, t.ended, t.listed = false, nil, nil
	return late
}

// takeOver learns what is open and puts right what the process before this one
// did not finish.
func (s *Service) takeOver(ctx context.Context) error {
	if err := s.eachOpen(ctx, s.restore); err != nil {
		return err
	}
	for _, e := range s.takeover.finish() {
		s.admission.Ended(e.key, e.lane, e.began)
	}
	if s.blobs != nil { // what is there before anything can start belongs to the past
		groups, err := s.blobs.Groups(ctx)
		if err != nil {
			return err
		}
		s.cleaner.found(groups)
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
	of := admission.Lane{Workspace: key.Workspace, Workflow: workflow.ID(x.Definition)}
	s.admission.Restore(of, s.concurrency(x.Kind), x.State == workflow.Pending)
	halted, err := s.halted(ctx, of)
	if err != nil || !halted {
		return err
	}
	s.admission.Halt(of, true)
	if x.State == workflow.Running {
		if _, err := s.engine.Pause(ctx, x.Workspace, x.Execution, systemMeta()); err != nil && !errors.Is(err, engine.ErrEnded) {
			return err
		}
	}
	return nil
}

// halted reports whether a workflow is paused. An execution without a definition
// still counts.
func (s *Service) halted(ctx context.Context, of admission.Lane) (halted bool, err error) {
	err = s.definitions.with(ctx, of.Workspace, of.Workflow, false, func(d *definition) error {
		halted = d.state == workflow.Halted
		return nil
	})
	if errors.Is(err, workflow.ErrNotFound) {
		err = nil
	}
	return halted, err
}

// dispatch releases pending executions as places become free.
func (s *Service) dispatch(ctx context.Context) error {
	releases := new(errgroup.Group)
	releases.SetLimit(atOnce)
	defer func() { _ = releases.Wait() }() // they report to the log
	for {
		for p, ok := s.admission.Next(); ok; p, ok = s.admission.Next() {
			releases.Go(func() error { s.admission.Release(p, s.release(ctx, p)); return nil })
		}
		if s.refill(ctx) {
			continue
		}
		select {
		case <-s.admission.Changed():
		case <-ctx.Done():
			return nil
		}
	}
}

// refill reads the pending executions of lanes that have room and reports
// whether there were any.
func (s *Service) refill(ctx context.Context) bool {
	found := false
	for _, of := range s.admission.Starved() {
		pending, err := s.engine.Pending(ctx, string(of.Workspace), string(of.Workflow), s.admission.WindowSize())
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("pending executions could not be read and are read again", "workflow", of.Workflow, "error", err)
				s.pause(ctx, retryReads)
			}
			return ctx.Err() == nil
		}
		stored := make([]admission.Pending, len(pending))
		for i, x := range pending {
			stored[i] = admission.Pending{Key: keyOf(x.Workspace, x.Execution), Lane: of, Priority: x.Priority}
		}
		s.admission.Refill(of, stored, len(stored) < s.admission.WindowSize())
		found = found || len(stored) > 0
	}
	return found
}

// release starts a pending execution with the version that it is pinned to, or
// ends it if its input does not fit that version.
func (s *Service) release(ctx context.Context, p admission.Pending) admission.Released {
	r, err := s.pin(ctx, p)
	if err == nil {
		_, err = s.engine.Release(ctx, string(p.Key.Workspace), string(p.Key.Execution), r)
	}
	switch {
	case err == nil && r.Refused != nil:
		return admission.Refused
	case err == nil:
		return admission.Begun
	case errors.Is(err, engine.ErrEnded), errors.Is(err, engine.ErrNotFound):
		return admission.Gone
	case errors.Is(err, engine.ErrStopping), ctx.Err() != nil:
	default:
		s.log.Error("a pending execution could not be released and is tried again", "execution", p.Key.Execution, "error", err)
		s.pause(ctx, time.Second)
	}
	return admission.Failed
}

// pin decides which version a pending execution runs.
func (s *Service) pin(ctx context.Context, p admission.Pending) (engine.Release, error) {
	created, err := s.createdOf(ctx, p.Key)
	if err != nil || created.Version != 0 {
		return engine.Release{Version: created.Version, Meta: systemMeta()}, err
	}
	r := engine.Release{Meta: systemMeta()}
	err = s.definitions.with(ctx, p.Lane.Workspace, p.Lane.Workflow, false, func(d *definition) error {
		r.Version = d.newest.Version
		r.Refused, err = s.unfit(ctx, p.Key, d.newest, created.input)
		return err
	})
	return r, err
}

// unfit says why an input cannot be run with a version; nil if it can.
func (s *Service) unfit(ctx context.Context, key executionKey, v workflow.VersionData, input []byte) (*engine.Error, error) {
	k := s.kinds.Kind(v.Kind)
	if k == nil {
		return nil, fmt.Errorf("this build does not know the type %q", v.Kind)
	}
	input, err := s.inputs.resolve(ctx, key, k.Private(), input)
	if err != nil {
		return nil, err
	}
	faults := k.ValidateInput(v.Config, input).Errors
	if len(faults) == 0 {
		return nil, nil
	}
	return &engine.Error{Class: failure.Validation, Code: engine.CodeInvalidInput,
		Message: fmt.Sprintf("the input does not fit version %d of the workflow, which it was pinned to when it left pending; %s: %s", v.Version, faults[0].Pointer, faults[0].Detail)}, nil
}

// createdOf is what execution.created says of an execution.
type createdOf struct {
	engine.Created
	input []byte
	root  string // of a redrive: the execution that its keys and blobs belong to
}

// createdOf reads with what an execution was created.
func (s *Service) createdOf(ctx context.Context, key executionKey) (createdOf, error) {
	events, err := s.store.ReadStream(ctx, executionStream(key), 0, 1)
	if err != nil {
		return createdOf{}, err
	}
	if len(events) == 0 {
		return createdOf{}, engine.ErrNotFound
	}
	c, err := engine.DecodeCreated(events[0].Data)
	return createdOf{Created: c, input: c.Input, root: c.Root}, err
}

func executionStream(key executionKey) eventstore.StreamID {
	return eventstore.StreamID{Workspace: string(key.Workspace), Type: engine.StreamType, ID: string(key.Execution)}
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
