package orchestrator

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Blobs is where steps keep big values, one group for each execution and its
// redrives.
type Blobs interface {
	// DeleteGroup deletes everything of a group; none is no error.
	DeleteGroup(ctx context.Context, group string) error
	// Groups lists the groups that hold something.
	Groups(ctx context.Context) ([]string, error)
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
// redriven. Those of a redrive are in the group of its root.
type cleaner struct {
	mu   sync.Mutex
	todo []executionKey
	// unknown are groups of executions that the last sweep did not know: they may
	// have been about to start.
	unknown map[string]bool
	wake    chan struct{} // capacity 1
}

func newCleaner() *cleaner { return &cleaner{wake: make(chan struct{}, 1)} }

// found takes in the groups that were there before anything could start: those
// that the first sweep does not know are deleted by it.
func (c *cleaner) found(groups []string) {
	c.unknown = map[string]bool{}
	for _, g := range groups {
		c.unknown[g] = true
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

// clean deletes blobs that no one needs until ctx ends.
func (s *Service) clean(ctx context.Context) error {
	if s.blobs == nil {
		return nil
	}
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
			s.clock.AfterFunc(sweepEvery, func() { signal(sweep) })
		case <-ctx.Done():
			return nil
		}
	}
}

// deleteOf deletes the blobs of an execution, and of what it took over.
func (s *Service) deleteOf(ctx context.Context, key executionKey) {
	created, err := s.createdOf(ctx, key)
	if err != nil {
		s.log.Warn("blobs of an ended execution could not be deleted; a later sweep tries again", "execution", key.Execution, "error", err)
		return
	}
	s.deleteGroup(ctx, string(key.Execution))
	if created.Root != "" {
		s.deleteGroup(ctx, created.Root)
	}
}

func (s *Service) deleteGroup(ctx context.Context, group string) {
	if err := s.blobs.DeleteGroup(ctx, group); err != nil && ctx.Err() == nil {
		s.log.Warn("blobs of an ended execution could not be deleted; a later sweep tries again", "execution", group, "error", err)
	}
}

// sweep deletes the groups that belong to nothing that is open or can be
// redriven: their executions ended while a process was dying, or too long ago.
func (s *Service) sweep(ctx context.Context) {
	groups, err := s.blobs.Groups(ctx) // before the rows are read: one that is made meanwhile is not in it
	if err == nil {
		err = s.CaughtUp(ctx)
	}
	unknown := map[string]bool{}
	for _, g := range groups {
		if err != nil {
			break
		}
		var needed bool
		needed, err = s.model.Needed(ctx, workflow.ExecutionID(g), s.now().Add(-redriveTime))
		if errors.Is(err, readmodel.ErrNone) {
			unknown[g], needed, err = true, !s.cleaner.unknown[g], nil
		}
		if err == nil && !needed {
			s.deleteGroup(ctx, g)
		}
	}
	s.cleaner.unknown = unknown
	if err != nil && ctx.Err() == nil {
		s.log.Warn("blobs that no one needs could not be looked for; a later sweep tries again", "error", err)
	}
}
