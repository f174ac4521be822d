package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// StreamType is the type of the event streams that executions are.
const StreamType = "execution"

// Start is one execution that is to be started.
type Start struct {
	Workspace string
	Execution string // ex_…, unique in the workspace
	Function  string // registered workflow function
	// Kind and Definition are labels of the execution's stream.
	Kind       string
	Definition string
	// Version of the definition. Zero, only with Hold, means the newest: Release
	// says which one that is then.
	Version int
	// Input is what the function's Load gets: at most MaxInputBytes.
	Input json.RawMessage
	// Private keeps input and output out of the public events.
	Private bool
	// Public is a JSON object whose members are added to the public data of
	// execution.created: trigger, labels, …; nil for none.
	Public json.RawMessage
	// Priority orders executions that wait for a place: higher first.
	Priority int
	// Hold creates the execution as pending; Release starts it.
	Hold bool
	// Origin makes the execution a redrive; nil for none.
	Origin *Origin
	Meta   eventstore.Meta
	Inline []db.Write // ride in the transaction of the start
}

// Release starts an execution that was created with Hold, or refuses it.
type Release struct {
	// Version pins the definition; it counts where Start had none.
	Version int
	// Refused, if not nil, ends the execution as failed without running it.
	Refused *Error
	Meta    eventstore.Meta
}

// Verdict is what a person found out about a step.
type Verdict string

// The verdicts.
const (
	// Done: it has happened; Result is its result.
	Done Verdict = "done"
	// NotDone: it has not happened; the step runs again.
	NotDone Verdict = "not_done"
	// Fail: the step counts as failed; the function or its undos go on from there.
	Fail Verdict = "fail"
)

// Answer settles a step that is parked as outcome_unknown or
// compensation_stuck.
type Answer struct {
	Generation int // that the path belongs to; zero: the current one
	Path       string
	Verdict    Verdict
	Result     json.RawMessage // of Done; nil stands for {}
	Message    string          // of Fail: for people
}

// OpenExecution is an execution that has not ended.
type OpenExecution struct {
	Workspace, Execution, Kind, Definition string
	State                                  workflow.ExecutionState
	Priority                               int
	Parent                                 bool // another execution waits for it
}

// OpenAfter is where a page of open executions begins: after this one, in an
// order of the engine's. The zero value is the beginning.
type OpenAfter struct{ Workspace, Execution string }

// Engine drives executions. Every method is safe for concurrent use. Methods
// that return a position do so after the commit; it is the position of the
// last event that the call wrote, or of the execution's last event if there
// was nothing to write (they are idempotent). They fail with ErrNotFound,
// ErrEnded or ErrStopping, and block until the engine is ready.
type Engine interface {
	// Name is what execution.created calls the engine. An engine touches only the
	// executions that bear its name.
	Name() string
	// Start creates an execution durably. Unless Hold, it counts as running from
	// then on and begins as soon as the engine comes to it, on a place that the
	// caller has taken for it; if Start fails, the caller still has the place. It
	// fails with ErrExists, and with ErrNoOrigin for an origin that cannot be fed.
	Start(ctx context.Context, s Start) (position int64, err error)
	// Release starts an execution that was created with Hold, on a place that the
	// caller has taken for it; if Release fails, the caller still has the place.
	Release(ctx context.Context, workspace, execution string, r Release) (position int64, err error)
	// Cancel stops an execution: no new step starts, the outcome of running
	// ones is awaited, then undos run. It overrides pause and parking. It reaches
	// a running step within CancelBound.
	Cancel(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Pause lets running steps end and starts no further one until Resume.
	Pause(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Resume ends a pause and a parking; a step that is parked, or waits for a
	// retry, is tried again at once. One of unknown outcome stays parked until
	// Answer settles it.
	Resume(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Signal hands data to the execution. A second signal of the same id is
	// dropped. It fails with ErrTooManySignals while MaxUnreadSignals of its name,
	// or MaxUnreadBytes of their data, wait to be taken.
	Signal(ctx context.Context, workspace, execution, name, id string, data json.RawMessage, meta eventstore.Meta) (position int64, err error)
	// Answer settles a parked step. It fails with ErrNotWaiting.
	Answer(ctx context.Context, workspace, execution string, a Answer, meta eventstore.Meta) (position int64, err error)
	// Repeats lists the effects of an ended execution that a redrive with another
	// input would have again: the names of its completed steps that do more than
	// read, with how often each was done.
	Repeats(ctx context.Context, workspace string, o Origin) (map[string]int, error)
	// Open returns a page of the executions that have not ended. Before Ready it
	// is empty.
	Open(ctx context.Context, after OpenAfter, limit int) ([]OpenExecution, error)
	// Pending lists executions of a definition that wait to be released, in the
	// order of their priority, highest first, and then of their ids.
	Pending(ctx context.Context, workspace, definition string, limit int) ([]OpenExecution, error)
	// Run recovers the open executions and works until ctx ends; then it lets
	// running steps end, up to a limit, and leaves the rest to recovery.
	Run(ctx context.Context) error
	// Ready is closed when Run has taken over the open executions.
	Ready() <-chan struct{}
}

// CancelBound is how long a cancel may take to reach a running step, on every
// engine. The local one needs no time worth naming.
const CancelBound = 30 * time.Second

// Meter counts what becomes durable. Its methods must be quick and must not
// block or call the engine. An end of kind and state follows the execution's
// start by took; took of a step is that of its last attempt.
type Meter interface {
	ExecutionEnded(kind string, state workflow.ExecutionState, took time.Duration)
	StepEnded(step string, completed bool, took time.Duration)
	StepRetried(step string, class failure.Class)
}

// Observer hears what workflow functions report while they run; the last report
// wins. Its method must be quick and must not block or call the engine. What
// becomes durable is heard of by following the events.
type Observer interface {
	Progress(by Info, p Progress)
}

// Places bounds how many executions are at work in the process. An execution
// that waits (for its start, a time, a signal, a person) holds no place; what
// wakes it asks for one. Its methods must not block and must not call the engine
// on the caller's goroutine.
type Places interface {
	// Acquire asks for a place for an execution that wants to go on. granted is
	// called once, when there is one: at once on the caller's goroutine, or later
	// on another.
	Acquire(o OpenExecution, granted func())
	// Release gives the place back. It is called once for every place held, also
	// for the place that an execution was started or released on.
	Release(workspace, execution string)
}
