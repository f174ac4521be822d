package projection

import (
	"context"
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// script is a fold that fails as told.
type script struct {
	apply   func(*eventstore.Event) error
	changes error
}

func (s script) Apply(_ context.Context, e *eventstore.Event) error { return s.apply(e) }

func (s script) Changes() (db.Write, error) { return nil, s.changes }

func TestAFailedFoldNamesTheEvent(t *testing.T) {
	t.Parallel()
	fine := func(*eventstore.Event) error { return nil }
	for how, c := range map[string]struct {
		fold  script
		index int
		fails bool
	}{
		"none": {script{fine, nil}, -1, false},
		"an event": {script{func(e *eventstore.Event) error {
			if e.Position == 2 {
				return errors.New("bad")
			}
			return nil
		}, nil}, 1, true},
		"a panic": {script{func(e *eventstore.Event) error {
			if e.Position == 3 {
				panic("bad")
			}
			return nil
		}, nil}, 2, true},
		"the changes": {script{fine, errors.New("bad")}, -1, true},
	} {
		b := &batch{events: []eventstore.Event{{Position: 1}, {Position: 2}, {Position: 3}}}
		if _, index, err := b.fold(t.Context(), c.fold); index != c.index || (err != nil) != c.fails {
			t.Errorf("%s: index %d, %v", how, index, err)
		}
	}
}

func TestABatchEndsAtItsLimits(t *testing.T) {
	t.Parallel()
	p := &Projection{Events: []string{"a"}}
	chunk := chunk{upTo: 9, events: []eventstore.Event{{Position: 1, Type: "a"}, {Position: 3, Type: "b"}, {Position: 4, Type: "a"},
		{Position: 6, Type: "a", Data: make([]byte, maxBatchBytes+1)}, {Position: 7, Type: "b"}, {Position: 8, Type: "a"}}}
	for _, c := range []struct {
		limit, events int
		upTo          int64
		more          bool
	}{{1, 1, 3, false}, {2, 2, 5, false}, {9, 3, 7, false}} {
		b := &batch{}
		if more := b.add(p, chunk, c.limit); more != c.more || len(b.events) != c.events || b.upTo != c.upTo {
			t.Errorf("limit %d: %d events up to %d, more: %t", c.limit, len(b.events), b.upTo, more)
		}
	}
	chunk.events = chunk.events[:3]
	b := &batch{}
	if !b.add(p, chunk, 3) || b.upTo != 9 || len(b.events) != 2 {
		t.Errorf("with room: %d events up to %d", len(b.events), b.upTo)
	}
	b = &batch{}
	if b.add(p, chunk, 2) || b.upTo != 9 {
		t.Errorf("full at its end: %d events up to %d", len(b.events), b.upTo)
	}
}
