package projection

import (
	"context"
	"sync"
)

// standing is how far a projection is, and who waits for it.
type standing struct {
	kick chan struct{} // capacity 1: someone has come to wait

	mu      sync.Mutex
	applied int64
	fault   *Fault // nil: it is not stopped
	ended   bool
	waiters []waiter
}

// waiter gets nil once position is reached, or the reason why it will not be soon.
type waiter struct {
	position int64
	tried    bool       // a try has begun since it came
	outcome  chan error // capacity 1
}

func newStanding(applied int64) *standing {
	return &standing{kick: make(chan struct{}, 1), applied: applied}
}

// look returns how far the projection is, and why it has stopped.
func (s *standing) look() (applied int64, fault *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applied, s.fault
}

// wait returns once the rows hold everything up to a position, or an error once
// it is known that they will not soon.
func (s *standing) wait(ctx context.Context, position int64) error {
	w, err := s.enter(position)
	if w.outcome == nil {
		return err
	}
	select {
	case s.kick <- struct{}{}:
	default:
	}
	select {
	case err := <-w.outcome:
		return err
	case <-ctx.Done():
		s.leave(w)
		return ctx.Err()
	}
}

// enter adds a waiter unless there is nothing to wait for.
func (s *standing) enter(position int64) (waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case position <= s.applied:
		return waiter{}, nil
	case s.ended:
		return waiter{}, ErrStopped
	}
	w := waiter{position: position, outcome: make(chan error, 1)}
	s.waiters = append(s.waiters, w)
	return w, nil
}

func (s *standing) leave(gone waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(nil, func(w waiter) bool { return w.outcome == gone.outcome })
}

// awaited reports whether someone waits.
func (s *standing) awaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiters) > 0
}

// try records that a try to go on begins.
func (s *standing) try() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.waiters {
		s.waiters[i].tried = true
	}
}

// advance records how far the rows are and tells those who waited for that.
func (s *standing) advance(position int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied, s.fault = position, nil
	s.tell(nil, func(w waiter) bool { return w.position <= position })
}

// stop records at which event the projection has stopped. The rows hold everything
// before it, so that whoever still waits, waits for that event or a later one. Those
// who came after the try had begun wait for the next one: things may be mended.
func (s *standing) stop(f *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied, s.fault = f.Position-1, f
	s.tell(nil, func(w waiter) bool { return w.position <= s.applied })
	s.tell(f, func(w waiter) bool { return w.tried })
}

// end records that nothing comes any more.
func (s *standing) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.tell(ErrStopped, func(waiter) bool { return true })
}

// tell tells the waiters for which is holds. The lock is held.
func (s *standing) tell(err error, is func(waiter) bool) {
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if is(w) {
			w.outcome <- err
		} else {
			kept = append(kept, w)
		}
	}
	clear(s.waiters[len(kept):])
	s.waiters = kept
}
