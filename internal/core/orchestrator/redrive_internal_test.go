package orchestrator

import (
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/cleanup"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// standing is a clock that does not go on.
type standing struct {
	clock.Clock
	at time.Time
}

func (c standing) Now() time.Time { return c.at }

// At the very moment when a sweep may delete what an execution has kept, it can be
// redriven no more.
func TestTheLastMomentOfARedrive(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := &Service{clock: standing{at: now}}
	for ago, possible := range map[time.Duration]bool{cleanup.RedriveTime - time.Microsecond: true, cleanup.RedriveTime: false, cleanup.RedriveTime + time.Microsecond: false} {
		ended := now.Add(-ago)
		if err := s.redrivable(workflow.Execution{State: workflow.Failed, EndedAt: &ended}, redriving); (err == nil) != possible {
			t.Errorf("%s after the end: %v", ago, err)
		}
	}
}
