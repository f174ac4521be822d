package local

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
)

func TestSeat(t *testing.T) {
	t.Parallel()
	var s seat
	first, second := &attempt.Attempt{}, &attempt.Attempt{}
	if s.leave() || !s.ask() || s.ask() {
		t.Error("a place is asked for once")
	}
	if s.begins(first) || s.begins(second) || s.wake() {
		t.Error("something goes on without a place")
	}
	if s.take() {
		t.Error("a place is taken over beside the one that was asked for")
	}
	if !s.withdraw(first) || s.withdraw(first) {
		t.Error("an attempt is withdrawn once")
	}
	if queued, waking := s.grant(); len(queued) != 1 || queued[0] != second || !waking {
		t.Errorf("granted to %d attempts, waking %t", len(queued), waking)
	}
	if queued, waking := s.grant(); len(queued) != 0 || waking {
		t.Error("what has waited begins twice")
	}
	if !s.begins(first) || !s.wake() || s.ask() || s.take() || s.withdraw(first) {
		t.Error("with a place, everything goes on and no further one is wanted")
	}
	if !s.leave() || s.leave() || !s.take() || !s.leave() {
		t.Error("a place is given up once")
	}
}
