package orchestrator

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// dispatch releases pending executions as places become free.
func (s *Service) dispatch(ctx context.Context) error {
	releases := new(errgroup.Group)
	releases.SetLimit(atOnce)
	defer func() { _ = releases.Wait() }() // they report to the log
	for {
		for p, ok := s.admission.Next(); ok; p, ok = s.admission.Next() {
			releases.Go(func() error { s.admission.Released(p, s.release(ctx, p)); return nil })
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
	for _, r := range s.admission.Starved() {
		pending, err := s.engine.Pending(ctx, string(r.Lane.Workspace), string(r.Lane.Workflow), r.Limit)
		stored := make([]admission.Pending, len(pending))
		for i, x := range pending {
			stored[i] = admission.Pending{Key: keyOf(x.Workspace, x.Execution), Lane: r.Lane, Priority: x.Priority}
		}
		s.admission.Refill(r, stored, err != nil)
		if err != nil && ctx.Err() == nil {
			s.log.Error("pending executions could not be read and are read again", "workflow", r.Lane.Workflow, "error", err)
			s.pause(ctx, retryReads)
		}
		found = found || len(stored) > 0 || err != nil
	}
	return found && ctx.Err() == nil
}

// errHalted says that the workflow was paused before an execution could begin.
var errHalted = errors.New("the workflow is paused")

// release starts a pending execution with the version that it is pinned to, or
// ends it if its input does not fit that version. The workflow is not paused or
// changed meanwhile.
func (s *Service) release(ctx context.Context, p admission.Pending) admission.Outcome {
	var r engine.Release
	err := s.definitions.with(ctx, p.Lane.Workspace, p.Lane.Workflow, false, func(d *definition) (err error) {
		if d.state == workflow.Halted { // since it came into the line, or since before this process
			s.admission.Halt(p.Lane, true)
			return errHalted
		}
		if r, err = s.pin(ctx, p, d); err == nil {
			_, err = s.engine.Release(ctx, string(p.Key.Workspace), string(p.Key.Execution), r)
		}
		return err
	})
	switch {
	case err == nil && r.Refused != nil:
		return admission.Refused
	case err == nil:
		return admission.Begun
	case errors.Is(err, engine.ErrEnded), errors.Is(err, engine.ErrNotFound):
		return admission.Gone
	case errors.Is(err, errHalted), errors.Is(err, engine.ErrStopping), ctx.Err() != nil:
	default:
		s.log.Error("a pending execution could not be released and is tried again", "execution", p.Key.Execution, "error", err)
		s.pause(ctx, retryReads)
	}
	return admission.Failed
}

// pin decides which version of d a pending execution runs.
func (s *Service) pin(ctx context.Context, p admission.Pending, d *definition) (engine.Release, error) {
	r := engine.Release{Meta: systemMeta()}
	created, err := s.createdOf(ctx, p.Key)
	if err != nil {
		return r, err
	}
	if r.Version = created.Version; r.Version == 0 {
		r.Version = d.newest.Version
		r.Refused, err = s.unfit(ctx, p.Key, d.newest, created.Input)
	}
	return r, err
}

// unfit says why an input cannot be run with a version; nil if it can.
func (s *Service) unfit(ctx context.Context, key executionKey, v workflow.VersionData, input []byte) (*engine.Error, error) {
	k := s.kinds.Kind(v.Kind)
	if k == nil {
		return nil, fmt.Errorf("this build does not know the type %q; use one that does", v.Kind)
	}
	input, err := s.inputs.resolve(ctx, key, k.Private(), input)
	if errors.Is(err, workflow.ErrNotFound) {
		return &engine.Error{Class: failure.Fatal, Code: kind.CodeInputMissing, Message: err.Error()}, nil
	}
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

// createdOf reads with what an execution was created.
func (s *Service) createdOf(ctx context.Context, key executionKey) (engine.Created, error) {
	events, err := s.store.ReadStream(ctx, executionStream(key), 0, 1)
	if err != nil {
		return engine.Created{}, err
	}
	if len(events) == 0 {
		return engine.Created{}, engine.ErrNotFound
	}
	return engine.DecodeCreated(events[0].Data)
}

func executionStream(key executionKey) eventstore.StreamID {
	return eventstore.StreamID{Workspace: string(key.Workspace), Type: engine.StreamType, ID: string(key.Execution)}
}
