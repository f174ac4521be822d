package local

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
)

// place is whether an execution is at work.
type place uint8

const (
	noPlace place = iota
	placeAsked
	placeHeld
)

// seat is an execution's place of the process, and what waits for one. It has no
// lock of its own: that of its execution is held.
type seat struct {
	place  place
	queued []*attempt.Attempt // that begin when there is a place
	waking bool               // the execution is woken when there is a place
	young  bool               // a child that has not asked for its first place
}

// ask reports whether a place has to be asked for.
func (s *seat) ask() bool {
	if s.place != noPlace {
		return false
	}
	s.place = placeAsked
	return true
}

// take takes over a place that someone has for the execution. It reports false
// if that is one too many.
func (s *seat) take() bool {
	if s.place != noPlace {
		return false
	}
	s.place = placeHeld
	return true
}

// grant takes in that there is a place, and returns what has waited for it.
func (s *seat) grant() (queued []*attempt.Attempt, waking bool) {
	queued, waking = s.queued, s.waking
	s.place, s.queued, s.waking = placeHeld, nil, false
	return queued, waking
}

// leave gives the place up and reports whether there was one.
func (s *seat) leave() bool {
	held := s.place == placeHeld
	if held {
		s.place = noPlace
	}
	return held
}

// wake reports whether the execution may be woken now; otherwise it is when there
// is a place.
func (s *seat) wake() bool {
	s.waking = s.place != placeHeld
	return !s.waking
}

// begins reports whether an attempt may begin now; otherwise it does when there is
// a place.
func (s *seat) begins(at *attempt.Attempt) bool {
	if s.place == placeHeld {
		return true
	}
	s.queued = append(s.queued, at)
	return false
}

// empty returns what has waited for a place; it does no longer.
func (s *seat) empty() []*attempt.Attempt {
	queued := s.queued
	s.queued = nil
	return queued
}

// withdraw reports whether an attempt has waited for a place; it does no longer.
func (s *seat) withdraw(at *attempt.Attempt) bool {
	i := slices.Index(s.queued, at)
	if i < 0 {
		return false
	}
	s.queued = slices.Delete(s.queued, i, i+1)
	return true
}
