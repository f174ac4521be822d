package engine

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

// Forever is a wait without deadline.
const Forever time.Duration = -1

// Progress is what a person sees of a running execution. It is never
// journalled.
type Progress = workflow.Progress

// ProgressItem is one line of a Progress, such as a table.
type ProgressItem = workflow.ProgressItem

// Run is what a workflow function does durable things with. It belongs to one
// branch and must not leave it. Do, Sleep, Wait, Select, Map, All, a child and
// the undos of WithSaga take a number of the branch's path; nothing else does.
type Run struct {
	thread Thread
	branch *branch
}

// NewRun returns the Run of an execution's first branch. Backends call it.
func NewRun(t Thread) Run { return Run{thread: t, branch: &branch{root: t.Info().Root}} }

// Info returns which execution this is.
func (r Run) Info() Info { return r.thread.Info() }

// Now returns the time of the last thing that happened to the execution; it is
// the same again when the execution is replayed.
func (r Run) Now() time.Time { return r.thread.Now() }

// Random returns the branch's own random numbers: the same ones on replay, and
// the same ones in a redrive. They are predictable and never a secret.
func (r Run) Random() *rand.Rand {
	if r.branch.random == nil {
		r.branch.random = newRandom(r.branch.root, r.branch.path)
	}
	return r.branch.random
}

// UUID returns a version-4 UUID from Random: unique, predictable, never a
// secret.
func (r Run) UUID() string { return uuidFrom(r.Random()) }

// Sleep waits durably. It returns ErrCancelled when the branch was cancelled.
func (r Run) Sleep(d time.Duration) error { return r.thread.Sleep(r.branch.nextPath(), d) }

// Await waits until condition is true. The condition looks at variables that
// other branches of the same execution change; it is asked again whenever they
// have run. Await leaves no record and takes no number. It returns ErrCancelled
// when the branch was cancelled. If every branch awaits something that no other
// branch can change, the execution is parked.
func Await(run Run, condition func() bool) error { return run.thread.Await(condition) }

// Version says which version of a change the execution follows: newest if the
// execution meets the change for the first time now, and zero if it passed this
// place before the change existed. The first call decides, for this change and
// this generation: a loop that is running never sees a newer version. A redrive
// follows its origin's decisions as far as the origin came.
func (r Run) Version(change string, newest int) int {
	return r.thread.Version(change, r.branch.peek(), newest)
}

// HistoryLong reports that the generation has grown so long that the function
// should return ContinueAsNew at the next good place: from 4,000 records on.
// A generation should stay below MaxGeneration records.
func (r Run) HistoryLong() bool { return r.thread.HistoryLong() }

// Records of one generation, counted as the function is fed: what happened to it,
// what it asked for, and the domain events of its steps.
const (
	// LongHistory is where HistoryLong begins to be true.
	LongHistory = 4_000
	// MaxGeneration is what a kind keeps its generations below. The engine warns
	// above it and refuses nothing.
	MaxGeneration = 6_000
)

// Progress reports how far the work is; the last report wins. It is silent on
// replay.
func (r Run) Progress(p Progress) {
	if r.thread.Replaying() {
		return
	}
	p.Message, p.Items = plaintext.Bound(p.Message, MaxMessageBytes), slices.Clone(p.Items)
	for i := range p.Items {
		p.Items[i].Name = plaintext.Cut(p.Items[i].Name, MaxLabelBytes)
	}
	r.thread.Progress(p)
}

// Detached returns a Run of the same branch that a cancel does not reach.
func (r Run) Detached() Run { return Run{thread: r.thread.Detached(), branch: r.branch} }
