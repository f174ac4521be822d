package orchestrator

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
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
	// redriveTime is how long a failed execution can be redriven.
	redriveTime = 30 * 24 * time.Hour
	// sweepEvery is how often blobs are looked for that no one needs any more.
	sweepEvery = 6 * time.Hour
	// maxUnclean bounds the ended executions that wait for their blobs to be
	// deleted. What does not fit is found by a sweep.
	maxUnclean = 100_000
)

// cleaner deletes the blobs of executions that have ended and cannot be
// redriven. Those of a redrive belong to its root.
type cleaner struct {
	mu   sync.Mutex
	todo []executionKey
	// unknown are executions that have blobs and that the last sweep did not know:
	// they may have been about to start.
	unknown map[string]bool
	wake    chan struct{} // capacity 1
}

func newCleaner() *cleaner { return &cleaner{wake: make(chan struct{}, 1)} }

// found takes in the executions that had blobs before anything could start: the
// blobs of those that the first sweep does not know are deleted by it.
func (c *cleaner) found(executions []string) {
	c.unknown = map[string]bool{}
	for _, id := range executions {
		c.unknown[id] = true
	}
}

// add takes in an end. What a failed execution has kept stays for its redrive;
// what a child has kept may be needed by those that wait for it.
func (c *cleaner) add(e end) {
	if e.state != workflow.Failed && !e.child {
		c.later(e.key)
	}
}

// later has the blobs of an execution deleted soon.
func (c *cleaner) later(key executionKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.todo) < maxUnclean {
		c.todo = append(c.todo, key)
		signal(c.wake)
	}
}

func (c *cleaner) take() []executionKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.todo
	c.todo = nil
	return out
}

// clean deletes what no one needs any more until ctx ends.
func (s *Service) clean(ctx context.Context) error {
	sweep := make(chan struct{}, 1)
	signal(sweep)
	for {
		select {
		case <-s.cleaner.wake:
			for _, key := range s.cleaner.take() {
				s.deleteOf(ctx, key)
			}
		case <-sweep:
			s.sweep(ctx)
			s.sweepOutcomes(ctx)
			s.clock.AfterFunc(sweepEvery, func() { signal(sweep) })
		case <-ctx.Done():
			return nil
		}
	}
}

// deleteOf deletes the blobs of an execution, and of what it took over.
func (s *Service) deleteOf(ctx context.Context, key executionKey) {
	if s.blobs == nil {
		return
	}
	created, err := s.createdOf(ctx, key)
	if err != nil {
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("blobs of an ended execution could not be deleted; a later sweep tries again", "execution", key.Execution, "error", err)
		return
	}
	s.deleteBlobs(ctx, string(key.Execution))
	if created.Root != "" {
		s.deleteBlobs(ctx, created.Root)
	}
}

func (s *Service) deleteBlobs(ctx context.Context, execution string) {
	err := s.blobs.DeleteOwner(ctx, blob.Owner{Kind: blob.Execution, ID: execution})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("blobs of an ended execution could not be deleted; a later sweep tries again", "execution", execution, "error", err)
	}
}

// sweep deletes the blobs of executions that are neither open nor can be redriven:
// they ended while a process was dying, or too long ago.
func (s *Service) sweep(ctx context.Context) {
	if s.blobs == nil {
		return
	}
	executions, err := s.blobs.Owners(ctx, blob.Execution) // before the rows are read: one that starts meanwhile is not in it
	if err == nil {
		err = s.CaughtUp(ctx)
	}
	unknown := map[string]bool{}
	for _, id := range executions {
		if err != nil {
			break
		}
		var needed bool
		needed, err = s.model.Needed(ctx, workflow.ExecutionID(id), s.now().Add(-redriveTime))
		if errors.Is(err, readmodel.ErrNone) {
			unknown[id], needed, err = true, !s.cleaner.unknown[id], nil
		}
		if err == nil && !needed {
			s.deleteBlobs(ctx, id)
		}
	}
	s.cleaner.unknown = unknown
	if err != nil && ctx.Err() == nil {
		s.log.Warn("blobs that no one needs could not be looked for; a later sweep tries again", "error", err)
	}
}

// signal wakes whoever waits on a channel of capacity 1.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
