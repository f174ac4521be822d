package projection

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// ErrStopped is returned to those who wait for a projection that is not being
// kept up to date any more.
var ErrStopped = errors.New("the read models are not being updated any more: the process is stopping")

// ErrUnknown matches the error for a name that no projection has.
var ErrUnknown = errors.New("there is no such read model")

// Fault says at which event a projection has stopped. It is tried again now and
// then; the others go on.
type Fault struct {
	Projection string
	Position   int64 // of the event
	Type       string
	Stream     eventstore.StreamID
	// Unreadable: the event could not be folded. Otherwise its rows could not be
	// written.
	Unreadable bool
	Cause      error
}

// At says at which event the projection has stopped, without the cause and without
// whose event it is: fit for every reader of the rows.
func (f *Fault) At() string {
	return fmt.Sprintf("the read model %s has stopped at event %d (%s)", f.Projection, f.Position, f.Type)
}

// Error names the projection, the event, the cause and the fix.
func (f *Fault) Error() string {
	return fmt.Sprintf("the read model %s has stopped at event %d (%s of %s): %v; it is tried again by itself: %s",
		f.Projection, f.Position, f.Type, f.Stream, f.Cause, f.Fix())
}

// Fix says what puts it right. Like At it tells nothing of the event.
func (f *Fault) Fix() string {
	switch {
	case errors.Is(f.Cause, db.ErrFull):
		return "free space on the disk of the database"
	case f.Unreadable:
		return "start a build that can read this event"
	}
	return "see in the server's log why the database refuses its rows"
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// recovered turns a panic of a fold into an error, so that it stops its
// projection and not the process.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}
