package engine

import (
	"math/rand/v2"
	"time"
)

// Forever is a wait without deadline.
const Forever time.Duration = -1

// Info says which execution is running.
type Info struct {
	Workspace  string
	Execution  string
	Generation int // from 1; grows when an execution continues as new
	Workflow   string
	Definition string
	// DefinitionVersion is the version of the definition that the execution is
	// pinned to.
	DefinitionVersion int
}

// Progress is what a person sees of a running execution. It is never
// journalled.
type Progress struct {
	Message string         `json:"message,omitempty"`
	Done    int64          `json:"done"`
	Total   int64          `json:"total"`
	Items   []ProgressItem `json:"items,omitempty"`
}

// ProgressItem is one line of a Progress, such as a table.
type ProgressItem struct {
	Name  string `json:"name"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// Run is what a workflow function does durable things with. It belongs to one
// branch and must not leave it. Only Do, Sleep, Wait, Map, All and WithSaga's
// undos take a number of the branch's path.
type Run struct {
	thread Thread
	branch *branch
}

// NewRun returns the Run of an execution's first branch. Backends call it.
func NewRun(t Thread) Run { return Run{thread: t, branch: &branch{}} }

// Info returns which execution this is.
func (r Run) Info() Info { return r.thread.Info() }

// Now returns the time of the last thing that happened to the execution; it is
// the same again when the execution is replayed.
func (r Run) Now() time.Time { return r.thread.Now() }

// Random returns the branch's own random numbers: the same ones on replay.
// They are predictable and never a secret.
func (r Run) Random() *rand.Rand {
	if r.branch.random == nil {
		r.branch.random = newRandom(r.thread.Info(), r.branch.path)
	}
	return r.branch.random
}

// UUID returns a version-4 UUID from Random: unique, predictable, never a
// secret.
func (r Run) UUID() string { return uuidFrom(r.Random()) }

// Sleep waits durably. It returns ErrCancelled when the branch was cancelled.
func (r Run) Sleep(d time.Duration) error { return r.thread.Sleep(r.branch.nextPath(), d) }

// Progress reports how far the work is; the last report wins. It is silent on
// replay.
func (r Run) Progress(p Progress) {
	if !r.thread.Replaying() {
		r.thread.Progress(p)
	}
}

// Detached returns a Run of the same branch that a cancel does not reach.
func (r Run) Detached() Run { return Run{thread: r.thread.Detached(), branch: r.branch} }
