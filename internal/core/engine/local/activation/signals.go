package activation

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
)

// fullOfSignals reports whether there is no room for a signal with so much data
// among those of its name that no one has taken: in the inbox of the function, left
// by the generation before, or held back until the function is fed again.
func (s *State) fullOfSignals(name string, size int) bool {
	unread := s.Ledger.Unread
	if s.Machine != nil {
		unread = s.Machine.Unread()
	}
	n := 0
	for _, m := range unread {
		if m.Name == name {
			n++
			size += len(m.Data)
		}
	}
	for _, r := range s.Ledger.Held {
		if r.Type == journal.Signal && r.Name == name {
			n++
			size += len(r.Out)
		}
	}
	return n >= engine.MaxUnreadSignals || size > engine.MaxUnreadBytes
}
