package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/history"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/takeover"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// redrivable reads the last generation of an execution that may be redriven.
func (e *Engine) redrivable(ctx context.Context, workspace, execution string) ([]history.Entry, error) {
	entries, err := history.Read(ctx, e.store, history.Stream(workspace, execution), 0)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, fmt.Errorf("%w: there is no execution %s", engine.ErrNoOrigin, execution)
	}
	if err != nil {
		return nil, fmt.Errorf("read execution %s: %w", execution, err)
	}
	return entries, takeover.Check(execution, Name, entries)
}

// Repeats lists the effects of an ended execution that a redrive with another
// input would have again: those of all its generations, of its children, and
// what it took over from an origin, but not what was undone.
func (e *Engine) Repeats(ctx context.Context, workspace string, o engine.Origin) (map[string]int, error) {
	if _, err := e.redrivable(ctx, workspace, o.Execution); err != nil {
		return nil, err
	}
	f := takeover.NewEffects(e.options.Registry)
	seen := map[string]bool{}
	for f.Children = []string{o.Execution}; len(f.Children) > 0; {
		next := f.Children[0]
		f.Children = f.Children[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		err := history.Walk(ctx, e.store, history.Stream(workspace, next), 0, func(_ *eventstore.Event, r *journal.Record) { f.See(r) })
		if err != nil {
			return nil, fmt.Errorf("read execution %s: %w", next, err)
		}
		f.Add()
	}
	return f.Counts, nil
}

// originOf reads what a start takes over from its origin. own is the root of what
// takes new keys.
func (e *Engine) originOf(ctx context.Context, s *engine.Start, own engine.Root) (*takeover.Origin, error) {
	entries, err := e.redrivable(ctx, s.Workspace, s.Origin.Execution)
	if err != nil {
		return nil, err
	}
	return takeover.From(s, entries, own)
}
