package relational

import (
	"context"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// group turns the batches of one commit into rows. Everything in it belongs to
// the writer's goroutine and is used again for the next commit.
type group struct {
	driver   Driver
	names    *names
	versions versions
	salt     int64
	epoch    int64

	position int64 // of the last event, the group's own included
	streams  int64 // last stream key
	now      time.Time
	rows     Rows
	events   []eventstore.Event // fresh for each commit: readers keep them
	undo     []change
	lookups  []Lookup
	wanted   []eventstore.StreamID
}

// change is a version before a batch touched it.
type change struct {
	head    *head
	version int64
}

// mark is a point that a refused batch is taken back to.
type mark struct {
	position             int64
	rows, events, change int
}

func (g *group) mark() mark {
	return mark{g.position, len(g.rows.Events), len(g.events), len(g.undo)}
}

func (g *group) back(m mark) {
	for i := len(g.undo) - 1; i >= m.change; i-- {
		g.undo[i].head.version = g.undo[i].version
	}
	g.position = m.position
	g.rows.Events, g.events, g.undo = g.rows.Events[:m.rows], g.events[:m.events], g.undo[:m.change]
}

// write runs inside the transaction. The error returned ends all of it; what
// concerns one batch stands in that batch.
func (g *group) write(ctx context.Context, tx db.Tx, batches []*submission, now time.Time) error {
	g.now = now
	g.rows.reset()
	g.versions.age()
	g.undo = g.undo[:0]
	g.events = make([]eventstore.Event, 0, countEvents(batches))
	if err := g.load(ctx, tx, batches); err != nil {
		return err
	}
	for _, s := range batches {
		if s.err != nil {
			continue
		}
		m := g.mark()
		s.err = g.add(s)
		if s.err == nil && len(s.batch.Inline) > 0 {
			s.err = tx.Nested(ctx, s.inline)
			if errors.Is(s.err, db.ErrRolledBack) || errors.Is(s.err, db.ErrLost) {
				return s.err
			}
		}
		if s.err != nil {
			g.back(m)
		}
	}
	return g.driver.Insert(ctx, tx, &g.rows)
}

func countEvents(batches []*submission) int {
	n := 0
	for _, s := range batches {
		n += len(s.metas)
	}
	return n
}

func (s *submission) inline(ctx context.Context, tx db.Tx) error {
	for _, w := range s.batch.Inline {
		if err := w(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// load brings the heads of all streams of the group into the cache.
func (g *group) load(ctx context.Context, tx db.Tx, batches []*submission) error {
	g.lookups, g.wanted = g.lookups[:0], g.wanted[:0]
	for _, s := range batches {
		if s.err != nil {
			continue
		}
		for _, a := range s.batch.Streams {
			if g.versions.get(a.Stream) != nil {
				continue
			}
			h := &head{}
			g.versions.put(a.Stream, h)
			category, added := g.names.category(a.Stream)
			if added {
				g.rows.Categories = append(g.rows.Categories, Category{category, a.Stream.Workspace, a.Stream.Type})
				continue
			}
			g.lookups = append(g.lookups, Lookup{Category: category, ID: a.Stream.ID})
			g.wanted = append(g.wanted, a.Stream)
		}
	}
	if len(g.lookups) == 0 {
		return nil
	}
	if err := g.driver.Lookup(ctx, tx, g.lookups); err != nil {
		return err
	}
	for i, l := range g.lookups {
		g.versions.put(g.wanted[i], &head{key: l.Key, version: l.Version})
	}
	return nil
}

// add checks a batch's versions and appends its rows.
func (g *group) add(s *submission) error {
	first := len(g.events)
	s.appended = eventstore.Appended{Versions: make([]int64, len(s.batch.Streams))}
	metas := s.metas
	for i := range s.batch.Streams {
		a := &s.batch.Streams[i]
		h := g.versions.get(a.Stream)
		if a.Expected != eventstore.Any && a.Expected != h.version {
			return &eventstore.ConflictError{Stream: a.Stream, Expected: a.Expected, Actual: h.version}
		}
		g.undo = append(g.undo, change{h, h.version})
		if h.key == 0 && len(a.Events) > 0 {
			g.streams++
			h.key = g.streams
			category, _ := g.names.category(a.Stream)
			g.rows.Streams = append(g.rows.Streams, Stream{h.key, category, a.Stream.ID})
		}
		for j := range a.Events {
			g.event(a.Stream, h, &a.Events[j], metas[j])
		}
		metas = metas[len(a.Events):]
		s.appended.Versions[i] = h.version
	}
	s.appended.Events = g.events[first:len(g.events):len(g.events)]
	if len(s.appended.Events) > 0 {
		s.appended.Position = g.position
	}
	return nil
}

// event appends one row and the event that readers get for it.
func (g *group) event(id eventstore.StreamID, h *head, e *eventstore.NewEvent, meta []byte) {
	g.position++
	h.version++
	key, added := g.names.eventType(e.Type)
	if added {
		g.rows.Types = append(g.rows.Types, Type{key, e.Type})
	}
	actor, added := g.names.actor(e.Meta.Actor)
	if added {
		g.rows.Actors = append(g.rows.Actors, Actor{actor, e.Meta.Actor.Kind, e.Meta.Actor.ID})
	}
	schema := max(e.Schema, 1)
	journal := e.Journal
	if len(journal) == 0 {
		journal = nil
	}
	g.rows.Events = append(g.rows.Events, Event{Position: g.position, Stream: h.key, Version: h.version, Type: key,
		Schema: int64(schema), Actor: actor, Epoch: g.epoch, Time: g.now.UnixMicro(), Data: e.Data, Journal: journal, Meta: meta})
	g.events = append(g.events, eventstore.Event{ID: eventID(g.salt, g.position, g.now), Position: g.position, Stream: id,
		Version: h.version, Type: e.Type, Schema: schema, Data: e.Data, Journal: journal, Meta: e.Meta, Time: g.now, Epoch: g.epoch})
}
