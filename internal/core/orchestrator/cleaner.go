package orchestrator

import (
	"context"
	"sync"
)

// Blobs is where steps keep big values, one group per execution.
type Blobs interface {
	// DeleteGroup deletes everything of a group; none is no error.
	DeleteGroup(ctx context.Context, group string) error
	// Groups lists the groups that hold something.
	Groups(ctx context.Context) ([]string, error)
}

// maxUnclean bounds the ended executions that wait for their blobs to be
// deleted. What does not fit is found as an orphan at the next start.
const maxUnclean = 100_000

// cleaner deletes the blobs of executions that have ended.
type cleaner struct {
	mu    sync.Mutex
	ended []string
	wake  chan struct{} // capacity 1
}

func newCleaner() *cleaner { return &cleaner{wake: make(chan struct{}, 1)} }

func (c *cleaner) add(execution string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ended) < maxUnclean {
		c.ended = append(c.ended, execution)
		signal(c.wake)
	}
}

func (c *cleaner) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.ended
	c.ended = nil
	return out
}

// clean deletes blobs of ended executions until ctx ends.
func (s *Service) clean(ctx context.Context) error {
	for {
		select {
		case <-s.cleaner.wake:
		case <-ctx.Done():
			return nil
		}
		for _, group := range s.cleaner.take() {
			s.deleteGroup(ctx, group)
		}
	}
}

// deleteOrphans deletes the groups of executions that are not open: they
// ended while the process was dying. Groups are listed first, so that one
// made meanwhile is not in the list.
func (s *Service) deleteOrphans(ctx context.Context, groups []string) {
	open := s.admission.groups()
	for _, g := range groups {
		if _, ok := open[g]; !ok {
			s.deleteGroup(ctx, g)
		}
	}
}

func (s *Service) deleteGroup(ctx context.Context, group string) {
	if s.blobs == nil {
		return
	}
	if err := s.blobs.DeleteGroup(ctx, group); err != nil && ctx.Err() == nil {
		s.log.Warn("blobs of an ended execution could not be deleted; the next start tries again", "execution", group, "error", err)
	}
}
