package projection

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Projection declares a read model.
type Projection struct {
	// Name is unique in the store. Metrics, messages and the command rebuild use
	// it.
	Name string
	// Version is that of the fold, from 1. When it is not the one that made the
	// rows, they are made again at the next start: raise it with every change
	// that makes other rows of the same events, and with every change of Streams
	// or Events.
	Version int
	// Streams are the types of the streams that it wants events of. Empty: all.
	Streams []string
	// Events are the types of the events that it wants. Empty: all public ones.
	// Private events never come.
	Events []string
	// Tables hold its rows and nothing else. A rebuild empties them. They exist
	// when the projection is added, and belong to no other one.
	Tables []string
	// Begin returns a fold that continues from the rows as they are in the
	// database. It does no I/O.
	Begin func(d *db.DB) Fold
}

// Fold turns events into changes of rows. It belongs to one goroutine. What it
// holds in memory may run ahead of the rows; when something fails it is thrown
// away, and another one begins at the checkpoint.
type Fold interface {
	// Apply folds one event, which it must not change. It may read the rows as
	// they were last written, and writes nothing. An error stops the projection
	// at this event.
	Apply(ctx context.Context, e *eventstore.Event) error
	// Changes returns the write that stores what has changed since it was last
	// called; nil for nothing. It has committed before the next event is applied.
	// It must be quick, because all writers of the process wait for it.
	Changes() (db.Write, error)
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,60}$`)

// check returns what is wrong with a declaration.
func (p *Projection) check() error {
	var errs []error
	if !identifier.MatchString(p.Name) {
		errs = append(errs, fmt.Errorf("the name must match %s", identifier))
	}
	if p.Version < 1 {
		errs = append(errs, fmt.Errorf("the version is %d; versions count from 1", p.Version))
	}
	if p.Begin == nil {
		errs = append(errs, errors.New("it has no fold"))
	}
	if len(p.Tables) == 0 {
		errs = append(errs, errors.New("it has no tables"))
	}
	for i, table := range p.Tables {
		if !identifier.MatchString(table) || slices.Contains(p.Tables[:i], table) {
			errs = append(errs, fmt.Errorf("the table %q is listed twice or does not match %s", table, identifier))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("projection %q: %w", p.Name, err)
	}
	return nil
}

// wants reports whether the projection is to see an event.
func (p *Projection) wants(e *eventstore.Event) bool {
	return eventstore.Filter{}.Match(e) &&
		(len(p.Streams) == 0 || slices.Contains(p.Streams, e.Stream.Type)) &&
		(len(p.Events) == 0 || slices.Contains(p.Events, e.Type))
}
