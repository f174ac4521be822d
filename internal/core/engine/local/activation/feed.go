package activation

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
)

// consume lets a record act: inputs are fed, or held back while the gate is
// shut or before the function begins. It is the same for live inputs and for
// replay.
func (s *State) consume(r *journal.Record) {
	shut := s.Ledger.Gated()
	waits := !s.Ledger.Started && r.Type == journal.Signal
	s.Ledger.See(r)
	switch r.Type {
	case journal.Started, journal.StepCompleted, journal.StepFailed, journal.TimerFired, journal.Signal, journal.ChildEnded:
		if shut || waits {
			s.Ledger.Hold(r)
			return
		}
		if r.Type == journal.Started {
			s.feedHeld() // signals that came before it began
		}
		s.feed(r, journal.Time(r.T))
	case journal.CancelRequested:
		if r.Reason == journal.Forced || s.Machine == nil {
			return
		}
		s.Machine.Cancel(journal.Time(r.T))
		s.openGate(shut, journal.Time(r.T))
	case journal.Resumed, journal.Unparked, journal.Recovered:
		s.openGate(shut, journal.Time(r.T))
	}
}

// recorded counts a domain event of a step, which lengthens the history too.
func (s *State) recorded() {
	if s.Machine != nil {
		s.Machine.Recorded()
	}
}

// openGate feeds what was held back, if nothing shuts the gate any more.
func (s *State) openGate(shut bool, now time.Time) {
	if !shut || s.Ledger.Gated() || s.Machine == nil {
		return
	}
	held := s.Ledger.Held
	s.Ledger.Held = nil
	for _, r := range held {
		if s.Machine.Failure() != nil {
			return
		}
		if r.Type == journal.StepCompleted || r.Type == journal.StepFailed {
			delete(s.Ledger.Notes, r.Path)
		}
		s.feed(r, now)
	}
}

// feedHeld hands over the signals that came before the function began.
func (s *State) feedHeld() {
	held := s.Ledger.Held
	s.Ledger.Held = nil
	for _, r := range held {
		s.feed(r, journal.Time(r.T))
	}
}

// feed gives one input to the function.
func (s *State) feed(r *journal.Record, now time.Time) {
	if s.Machine == nil {
		return
	}
	switch r.Type {
	case journal.Started:
		s.Machine.Start(now)
	case journal.StepCompleted:
		s.Machine.StepEnded(now, r.Path, r.Name, r.Out, nil)
	case journal.StepFailed:
		s.Machine.StepEnded(now, r.Path, r.Name, nil, r.Err)
	case journal.TimerFired:
		s.Machine.TimerFired(now, r.Path)
	case journal.Signal:
		s.Machine.Signal(now, r.Name, r.Out)
	case journal.ChildEnded:
		s.Machine.ChildEnded(now, r.Path, r.Out, r.Err)
	}
}
