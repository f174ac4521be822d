// Package query shows what there is and what has happened: workflows, executions,
// their steps and events, health, and watches. It changes nothing.
//
// Reads wait until the read models hold all that was durable when they were
// asked: whoever got an answer, or saw an event, finds its effect.
package query

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Model is what the read models hold. *readmodel.Model is the real one. What a
// workspace does not have is a not-found error; a list's last result is where it
// goes on, the zero value after the last page.
type Model interface {
	Workflows(ctx context.Context, ws workflow.WorkspaceID, kind string, state workflow.DefinitionState, before string, limit int) ([]workflow.Definition, error)
	Metrics(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (workflow.Metrics, error)
	Pulse(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (workflow.Pulse, error)
	Executions(ctx context.Context, ws workflow.WorkspaceID, of workflow.ID, state workflow.ExecutionState, cursor string, limit int) ([]workflow.Execution, string, error)
	Execution(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (workflow.Execution, error)
	Progress(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (*workflow.Progress, error)
	Steps(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID, after int64, limit int) ([]workflow.Step, int64, error)

	Current(ctx context.Context) error
	WaitFor(ctx context.Context, position int64) error
	Lag(ctx context.Context) (projection.Lag, error)
}

// Options says what a reader reads.
type Options struct {
	Store       eventstore.Store
	Model       Model
	Definitions *definition.Cache
	// Validate looks at a configuration again. False means that this build does not
	// know the type.
	Validate func(kind string, config json.RawMessage) (workflow.Problems, bool)
	Progress *progress.Board
	// Patience bounds how long a read waits for the read models; then it is
	// refused as unavailable.
	Patience time.Duration
}

// Reader answers what callers ask. Its methods check the caller's right
// themselves, show the caller's workspace only, and return errors of package
// workflow for what a caller may see. It is safe for concurrent use.
type Reader struct {
	store       eventstore.Store
	model       Model
	definitions *definition.Cache
	validate    func(kind string, config json.RawMessage) (workflow.Problems, bool)
	progress    *progress.Board
	patience    time.Duration
	watches     *watches
}

// New returns a reader.
func New(o Options) *Reader {
	return &Reader{store: o.Store, model: o.Model, definitions: o.Definitions, validate: o.Validate, progress: o.Progress, patience: o.Patience, watches: newWatches()}
}

// Look checks a right and waits for the read models.
func (q *Reader) Look(ctx context.Context, c workflow.Caller, p workflow.Permission) error {
	if err := c.Require(p); err != nil {
		return err
	}
	return q.CaughtUp(ctx)
}

// CaughtUp returns once the read models hold everything that is durable now. It
// is refused as unavailable if that takes longer than the reader's patience.
func (q *Reader) CaughtUp(ctx context.Context) error { return q.patiently(ctx, q.model.Current) }

// WaitFor does the same for everything up to position.
func (q *Reader) WaitFor(ctx context.Context, position int64) error {
	return q.patiently(ctx, func(ctx context.Context) error { return q.model.WaitFor(ctx, position) })
}

func (q *Reader) patiently(ctx context.Context, wait func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	err := q.modelFailed(wait(bounded))
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return &workflow.Error{Category: workflow.CategoryUnavailable, Code: "read_models_behind", RetryAfter: q.patience, Cause: err,
			Message: "what the server shows is behind what it has recorded and does not catch up; its log says why (a full disk, most often)"}
	}
	return err
}

// Lag says how far the read models are behind the store.
func (q *Reader) Lag(ctx context.Context) (Lag, error) {
	l, err := q.model.Lag(ctx)
	return Lag{Events: l.Events, Seconds: l.Age.Seconds(), Fault: l.Fault}, err
}

// modelFailed translates why the read models cannot be waited for.
func (q *Reader) modelFailed(err error) error {
	var fault *projection.Fault
	switch {
	case errors.Is(err, projection.ErrStopped):
		return workflow.Unavailable("stopping", "the server is stopping; try again after its restart")
	case errors.As(err, &fault):
		return &workflow.Error{Category: workflow.CategoryUnavailable, Code: "read_models_behind", RetryAfter: q.patience, Cause: err,
			Message: fault.At() + " and is tried again by itself: " + fault.Fix()}
	}
	return err
}
