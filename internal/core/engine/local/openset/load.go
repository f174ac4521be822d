package openset

import (
	"context"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// pageOf is how many events or rows are read at once.
const pageOf = 1000

// Load returns the executions of an engine that the last process left at work:
// those that the table marks, and those that the events say something of which
// the table does not know.
func (s *Set) Load(ctx context.Context, store eventstore.Store, engineName string) ([]Row, error) {
	marked := map[Key]Row{}
	if s.table != nil {
		if err := s.table.open(ctx); err != nil {
			return nil, err
		}
		position, err := s.table.position(ctx)
		if err != nil {
			return nil, err
		}
		s.position, s.saved = position, position
	}
	touched, err := s.catchUp(ctx, store, engineName)
	if err != nil {
		return nil, err
	}
	if s.table != nil {
		if err := s.table.marked(ctx, marked); err != nil {
			return nil, err
		}
		if err := s.table.find(ctx, touched, marked); err != nil {
			return nil, err
		}
	}
	return s.toRecover(marked), nil
}

// catchUp reads what the store says after the table's position. It returns the
// executions that something happened to and that were not created meanwhile.
func (s *Set) catchUp(ctx context.Context, store eventstore.Store, engineName string) (map[Key]bool, error) {
	touched := map[Key]bool{}
	for {
		events, err := store.ReadAll(ctx, s.position, pageOf, eventstore.Filter{StreamType: engine.StreamType, Private: true})
		if err != nil {
			return nil, fmt.Errorf("read which executions are open: %w", err)
		}
		for i := range events {
			s.position = events[i].Position
			s.replay(&events[i], engineName, touched)
		}
		if len(events) < pageOf {
			return touched, nil
		}
	}
}

func (s *Set) replay(ev *eventstore.Event, engineName string, touched map[Key]bool) {
	k := Key{ev.Stream.Workspace, ev.Stream.ID}
	switch {
	case ev.Type == engine.EventCreated:
		c, err := engine.DecodeCreated(ev.Data)
		if err != nil || c.Engine != engineName {
			return
		}
		l := engine.DecodeLabels(ev.Labels)
		s.set(Row{Key: k, Kind: l.Kind, Definition: l.Definition, Priority: c.Priority, Child: c.Parent != nil, State: workflow.Running, Recover: true}, true, false)
	case engine.IsEnd(ev.Type):
		s.set(Row{Key: k}, false, true)
		delete(touched, k)
	default:
		if _, known := s.changed[k]; !known {
			touched[k] = true
		}
	}
}

// toRecover is everything that was at work, once.
func (s *Set) toRecover(marked map[Key]Row) []Row {
	var rows []Row
	for k, r := range marked {
		if _, newer := s.changed[k]; !newer {
			rows = append(rows, r)
		}
	}
	for _, c := range s.changed {
		if !c.gone {
			rows = append(rows, c.row)
		}
	}
	return rows
}
