package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// StreamType is the type of the event streams that executions are.
const StreamType = "execution"

// State is where an execution stands.
type State string

// The states. An execution reaches exactly one of the last three.
const (
	Pending      State = "pending"
	Running      State = "running"
	Paused       State = "paused"
	Parked       State = "parked"
	Cancelling   State = "cancelling"
	Compensating State = "compensating"
	Completed    State = "completed"
	Failed       State = "failed"
	Cancelled    State = "cancelled"
)

// Ended reports whether s is one of the three end states.
func (s State) Ended() bool { return s == Completed || s == Failed || s == Cancelled }

// Reasons why an execution is parked.
const (
	// ReasonNondeterministic: the workflow function took another turn than
	// recorded, or panicked. A fixed build resumes it.
	ReasonNondeterministic = "nondeterministic"
	// ReasonCompensationStuck: an undo cannot succeed. A person finishes it by
	// hand and answers, or resume tries it again.
	ReasonCompensationStuck = "compensation_stuck"
	// ReasonNeedsReauth: a credential or a grant must be renewed, then resume.
	ReasonNeedsReauth = "needs_reauth"
	// ReasonOutcomeUnknown: a step that must not be repeated may have happened.
	// A person answers.
	ReasonOutcomeUnknown = "outcome_unknown"
	// ReasonQuotaExhausted: a monthly quota is used up. It leaves by itself on
	// the first of the next month, UTC, or by resume.
	ReasonQuotaExhausted = "quota_exhausted"
)

// Start is one execution that is to be started.
type Start struct {
	Workspace string
	Execution string // ex_…, unique in the workspace
	Function  string // registered workflow function
	// Kind, Definition and DefinitionVersion stand in the public data of every event.
	Kind              string
	Definition        string
	DefinitionVersion int
	Input             json.RawMessage // at most MaxValueBytes
	// Public is a JSON object whose members are added to the public data of
	// execution.created: trigger, labels, …; nil for none.
	Public json.RawMessage
	// Hold creates the execution as pending; Release starts it.
	Hold   bool
	Meta   eventstore.Meta
	Inline []db.Write // ride in the transaction of the start
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
	Verdict Verdict
	Result  json.RawMessage // of Done; nil stands for {}
	Message string          // of Fail: for people
}

// OpenExecution is an execution that has not ended.
type OpenExecution struct {
	Workspace, Execution, Definition string
	State                            State
}

// Engine drives executions. Every method is safe for concurrent use. Methods
// that return a position do so after the commit; it is the position of the
// last event that the call wrote, or of the execution's last event if there
// was nothing to write (they are idempotent). They fail with ErrNotFound,
// ErrEnded or ErrStopping, and block until the engine is ready.
type Engine interface {
	// Start creates an execution and, unless Hold, runs it up to its first
	// step; both are one append. It fails with ErrExists.
	Start(ctx context.Context, s Start) (position int64, err error)
	// Release starts an execution that was created with Hold.
	Release(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Cancel stops an execution: no new step starts, the outcome of running
	// ones is awaited, then undos run. It overrides pause and parking.
	Cancel(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Pause lets running steps end and starts no further one until Resume.
	Pause(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Resume ends a pause and a parking; a parked step is tried again.
	Resume(ctx context.Context, workspace, execution string, meta eventstore.Meta) (position int64, err error)
	// Signal hands data to the execution. A second signal of the same id is
	// dropped.
	Signal(ctx context.Context, workspace, execution, name, id string, data json.RawMessage, meta eventstore.Meta) (position int64, err error)
	// Answer settles a parked step. It fails with ErrNotWaiting.
	Answer(ctx context.Context, workspace, execution, path string, a Answer, meta eventstore.Meta) (position int64, err error)
	// Open lists the executions that have not ended. Before Ready it is empty.
	Open() []OpenExecution
	// Run recovers the open executions and works until ctx ends; then it lets
	// running steps end, up to a limit, and leaves the rest to recovery.
	Run(ctx context.Context) error
	// Ready is closed when Run has recovered the open executions.
	Ready() <-chan struct{}
}

// Meter counts what becomes durable. Its methods must be quick and must not
// block or call the engine. An end of kind and state follows the execution's
// start by took; took of a step is that of its last attempt.
type Meter interface {
	ExecutionEnded(kind string, state State, took time.Duration)
	StepEnded(step string, completed bool, took time.Duration)
	StepRetried(step string, class failure.Class)
}

// Observer hears what happens while it happens. Its methods must be quick and
// must not block or call the engine.
type Observer interface {
	// Ended is called after the end of an execution is durable.
	Ended(workspace, execution, definition string, state State)
	// Progress is called with what a workflow function reports; the last wins.
	Progress(workspace, execution string, p Progress)
}
