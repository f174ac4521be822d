// Package cleanup deletes what executions that have ended no longer need: blobs
// when they cannot be redriven any more, outcomes of rows after their time.
package cleanup

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Blobs is where steps keep big values. An execution owns those of its redrives
// too. Blobs of other owners are never touched.
type Blobs interface {
	// DeleteOwner deletes all blobs of an owner; none is no error.
	DeleteOwner(ctx context.Context, owner blob.Owner) error
	// Owners lists the ids of the owners of a kind that have blobs.
	Owners(ctx context.Context, kind blob.OwnerKind) ([]string, error)
}

const (
	// RedriveTime is how long a failed execution can be redriven.
	RedriveTime = 30 * 24 * time.Hour
	// sweepEvery is how often blobs are looked for that no one needs any more.
	sweepEvery = 6 * time.Hour
	// maxUnclean bounds the ended executions that wait for their blobs to be
	// deleted. What does not fit is found by a sweep.
	maxUnclean = 100_000
)

// Model is what the read models hold. *readmodel.Model is the real one.
type Model interface {
	// Current returns once the model holds everything that is durable now.
	Current(ctx context.Context) error
	// Needed reports whether an execution is open, or has failed after a time and
	// can be redriven. One that is not known is a not-found error.
	Needed(ctx context.Context, id workflow.ExecutionID, failedAfter time.Time) (bool, error)
	// Execution returns an execution, or a not-found error.
	Execution(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (workflow.Execution, error)
}

// Options says what a cleaner works with.
type Options struct {
	Store    eventstore.Store
	Model    Model
	Blobs    Blobs    // nil: there are none
	Outcomes Outcomes // nil: there are none
	Clock    clock.Clock
	Log      *slog.Logger
}

// Cleaner deletes the blobs of executions that have ended and cannot be redriven,
// and outcomes of rows. The blobs of a redrive belong to its root. It is safe for concurrent use.
type Cleaner struct {
	Options

	mu   sync.Mutex
	todo []workflow.ExecutionKey
	// unknown are executions that have blobs and that the last sweep did not know:
	// they may have been about to start.
	unknown map[string]bool
	wake    chan struct{} // capacity 1
}

// New returns a cleaner that works once Run is called.
func New(o Options) *Cleaner { return &Cleaner{Options: o, wake: make(chan struct{}, 1)} }

// Look takes in the executions that have blobs before anything can start: the
// blobs of those that the first sweep does not know are deleted by it.
func (c *Cleaner) Look(ctx context.Context) error {
	if c.Blobs == nil {
		return nil
	}
	executions, err := c.Blobs.Owners(ctx, blob.Execution)
	c.unknown = map[string]bool{}
	for _, id := range executions {
		c.unknown[id] = true
	}
	return err
}

// Ended takes in an end. What a failed execution has kept stays for its redrive;
// what a child has kept may be needed by those that wait for it.
func (c *Cleaner) Ended(key workflow.ExecutionKey, state workflow.ExecutionState, child bool) {
	if state != workflow.Failed && !child {
		c.Soon(key)
	}
}

// Soon has the blobs of an execution deleted soon.
func (c *Cleaner) Soon(key workflow.ExecutionKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.todo) < maxUnclean {
		c.todo = append(c.todo, key)
		signal(c.wake)
	}
}

func (c *Cleaner) take() []workflow.ExecutionKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.todo
	c.todo = nil
	return out
}

// Run deletes what no one needs until ctx ends.
func (c *Cleaner) Run(ctx context.Context) error {
	sweep := make(chan struct{}, 1)
	signal(sweep)
	for {
		select {
		case <-c.wake:
			for _, key := range c.take() {
				c.deleteOf(ctx, key)
			}
		case <-sweep:
			c.sweep(ctx)
			c.sweepOutcomes(ctx)
			c.Clock.AfterFunc(sweepEvery, func() { signal(sweep) })
		case <-ctx.Done():
			return nil
		}
	}
}

// deleteOf deletes the blobs of an execution, and of what it took over.
func (c *Cleaner) deleteOf(ctx context.Context, key workflow.ExecutionKey) {
	if c.Blobs == nil {
		return
	}
	created, err := engine.ReadCreated(ctx, c.Store, string(key.Workspace), string(key.Execution))
	if err != nil {
		if ctx.Err() != nil {
			return
		}
		c.Log.Warn("blobs of an ended execution could not be deleted; a later sweep tries again", "execution", key.Execution, "error", err)
		return
	}
	c.deleteBlobs(ctx, string(key.Execution))
	if created.Root != "" {
		c.deleteBlobs(ctx, created.Root)
	}
}

func (c *Cleaner) deleteBlobs(ctx context.Context, execution string) {
	err := c.Blobs.DeleteOwner(ctx, blob.Owner{Kind: blob.Execution, ID: execution})
	if err != nil && ctx.Err() == nil {
		c.Log.Warn("blobs of an ended execution could not be deleted; a later sweep tries again", "execution", execution, "error", err)
	}
}

// sweep deletes the blobs of executions that are neither open nor can be redriven:
// they ended while a process was dying, or too long ago.
func (c *Cleaner) sweep(ctx context.Context) {
	if c.Blobs == nil {
		return
	}
	executions, err := c.Blobs.Owners(ctx, blob.Execution) // before the rows are read: one that starts meanwhile is not in it
	if err == nil {
		err = c.Model.Current(ctx)
	}
	unknown := map[string]bool{}
	for _, id := range executions {
		if err != nil {
			break
		}
		var needed bool
		needed, err = c.Model.Needed(ctx, workflow.ExecutionID(id), c.Clock.Now().Add(-RedriveTime))
		if errors.Is(err, workflow.ErrNotFound) {
			unknown[id], needed, err = true, !c.unknown[id], nil
		}
		if err == nil && !needed {
			c.deleteBlobs(ctx, id)
		}
	}
	c.unknown = unknown
	if err != nil && ctx.Err() == nil {
		c.Log.Warn("blobs that no one needs could not be looked for; a later sweep tries again", "error", err)
	}
}

// signal wakes whoever waits on a channel of capacity 1.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
