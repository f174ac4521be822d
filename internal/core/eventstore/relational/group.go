package relational

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// group turns the batches of one commit into rows. Everything in it belongs to
// the writer's goroutine and is used again for the next commit.
type group struct {
	driver   Driver
	sql      *statements
	names    *names
	labels   *labels
	versions versions
	salt     int64
	epoch    int64

	position   int64 // of the last event, the group's own included
	lastStream int64 // greatest key of a stream
	lastLabels int64 // greatest key of labels
	now        time.Time
	added      additions
	streams    []Stream
	rows       []Event
	events     []eventstore.Event // fresh for each commit: readers keep them
	undo       []change
	lookups    []Lookup
	wanted     []eventstore.StreamID
	given      map[string]label // labels of the streams that this commit may create
}

// change is the head of a stream before a batch touched it.
type change struct {
	head *head
	was  head
}

// mark is a point that a refused batch is taken back to.
type mark struct {
	position, lastStream           int64
	streams, rows, events, changes int
}

func (g *group) mark() mark {
	return mark{g.position, g.lastStream, len(g.streams), len(g.rows), len(g.events), len(g.undo)}
}

func (g *group) back(m mark) {
	for i := len(g.undo) - 1; i >= m.changes; i-- {
		*g.undo[i].head = g.undo[i].was
	}
	g.position, g.lastStream = m.position, m.lastStream
	g.streams, g.rows, g.events, g.undo = g.streams[:m.streams], g.rows[:m.rows], g.events[:m.events], g.undo[:m.changes]
}

// begin empties the group for the next commit.
func (g *group) begin(events int, now time.Time) {
	g.now = now
	g.versions.age()
	g.added.reset()
	clear(g.rows) // lets go of the callers' data
	g.streams, g.rows, g.undo = g.streams[:0], g.rows[:0], g.undo[:0]
	g.events = make([]eventstore.Event, 0, events)
	clear(g.given)
}

// write runs inside the transaction. The error returned ends all of it; what
// concerns one batch is in that batch.
func (g *group) write(ctx context.Context, tx db.Tx, batches []*submission, now time.Time) error {
	g.begin(countEvents(batches), now)
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
	if err := g.added.insert(ctx, tx, g.sql); err != nil {
		return err
	}
	return g.driver.Insert(ctx, tx, g.streams, g.rows)
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

// load brings the heads of all streams of the group into the cache, and the
// labels of those that it may create.
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
			g.versions.put(a.Stream, &head{})
			g.lookups = append(g.lookups, Lookup{Category: g.names.category(a.Stream, &g.added), ID: a.Stream.ID})
			g.wanted = append(g.wanted, a.Stream)
		}
	}
	if err := g.lookup(ctx, tx); err != nil {
		return err
	}
	for _, s := range batches {
		if s.err != nil {
			continue
		}
		for _, a := range s.batch.Streams {
			if a.Labels == nil || g.versions.get(a.Stream).key != 0 {
				continue
			}
			if err := g.give(ctx, tx, a.Labels); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookup asks the database for the heads that are not in the cache.
func (g *group) lookup(ctx context.Context, tx db.Tx) error {
	if len(g.lookups) == 0 {
		return nil
	}
	if err := g.driver.Lookup(ctx, tx, g.lookups); err != nil {
		return err
	}
	keys := make([]int64, len(g.lookups))
	for i, l := range g.lookups {
		keys[i] = l.Labels
	}
	texts, err := g.labels.read(ctx, tx, g.sql.readLabels, keys)
	if err != nil {
		return err
	}
	for i, l := range g.lookups {
		g.versions.put(g.wanted[i], &head{key: l.Key, version: l.Version, label: label{l.Labels, texts[l.Labels]}})
	}
	return nil
}

// give makes sure that labels have a key.
func (g *group) give(ctx context.Context, tx db.Tx, text []byte) error {
	if _, ok := g.given[string(text)]; ok {
		return nil
	}
	if g.given == nil {
		g.given = map[string]label{}
	}
	l, ok := g.labels.find(text)
	if !ok {
		var key int64
		err := tx.QueryRow(ctx, g.sql.findLabels, string(text)).Scan(&key)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("look up labels: %w", err)
		}
		if err != nil {
			g.lastLabels++
			key = g.lastLabels
		}
		l = g.labels.remember(key, text)
		if err != nil {
			g.added.labels = append(g.added.labels, l)
		}
	}
	g.given[string(text)] = l
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
		g.undo = append(g.undo, change{h, *h})
		if h.key == 0 && len(a.Events) > 0 {
			g.create(a, h)
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

// create appends the row of a new stream.
func (g *group) create(a *eventstore.StreamAppend, h *head) {
	g.lastStream++
	h.key, h.label = g.lastStream, g.given[string(a.Labels)]
	g.streams = append(g.streams, Stream{h.key, g.names.category(a.Stream, &g.added), a.Stream.ID, h.label.key})
}

// event appends one row and the event that readers get for it.
func (g *group) event(id eventstore.StreamID, h *head, e *eventstore.NewEvent, meta []byte) {
	g.position++
	h.version++
	schema := max(e.Schema, 1)
	journal := e.Journal
	if len(journal) == 0 {
		journal = nil
	}
	g.rows = append(g.rows, Event{Position: g.position, Stream: h.key, Version: h.version,
		Type: g.names.eventType(e.Type, &g.added), Schema: int64(schema), Actor: g.names.actor(e.Meta.Actor, &g.added),
		Epoch: g.epoch, Time: g.now.UnixMicro(), Data: e.Data, Journal: journal, Meta: meta})
	g.events = append(g.events, eventstore.Event{ID: eventID(g.salt, g.position, g.now), Position: g.position, Stream: id, Labels: h.label.text,
		Version: h.version, Type: e.Type, Schema: schema, Data: e.Data, Journal: journal, Meta: e.Meta, Time: g.now, Epoch: g.epoch})
}
