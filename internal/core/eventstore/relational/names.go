package relational

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// names maps what events repeat to keys and back. The writer adds a name before
// the commit that stores it, so that a reader which sees the row always finds
// the name; after a failed commit all are loaded again.
type names struct {
	mu         sync.RWMutex
	categories dictionary[category]
	types      dictionary[string]
	actors     dictionary[eventstore.Actor]
}

// category is what streams share: a row of event_categories.
type category struct{ workspace, typ string }

// dictionary is one of them.
type dictionary[N comparable] struct {
	keys  map[N]int64
	names map[int64]N
}

func (d *dictionary[N]) add(key int64, name N) {
	if d.keys == nil {
		d.keys, d.names = map[N]int64{}, map[int64]N{}
	}
	d.keys[name], d.names[key] = key, name
}

// entry is a row of a dictionary.
type entry[N any] struct {
	key  int64
	name N
}

// additions are the rows that one commit adds to the dictionaries. They are few:
// most commits add none.
type additions struct {
	categories []entry[category]
	types      []entry[string]
	actors     []entry[eventstore.Actor]
	labels     []label
}

// insert writes them, and lets workspaces and keys of the categories' workspaces
// be given.
func (a *additions) insert(ctx context.Context, tx db.Tx, sql *statements) error {
	for _, c := range a.categories {
		workspace, err := tx.Workspace(ctx, c.name.workspace)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sql.addCategory, c.key, workspace, c.name.typ); err != nil {
			return fmt.Errorf("add stream category %s/%s: %w", c.name.workspace, c.name.typ, err)
		}
	}
	for _, t := range a.types {
		if _, err := tx.Exec(ctx, sql.addType, t.key, t.name); err != nil {
			return fmt.Errorf("add event type %s: %w", t.name, err)
		}
	}
	for _, actor := range a.actors {
		if _, err := tx.Exec(ctx, sql.addActor, actor.key, actor.name.Type, actor.name.ID); err != nil {
			return fmt.Errorf("add actor %s %s: %w", actor.name.Type, actor.name.ID, err)
		}
	}
	for _, l := range a.labels {
		if _, err := tx.Exec(ctx, sql.addLabels, l.key, string(l.text)); err != nil {
			return fmt.Errorf("add labels %s: %w", l.text, err)
		}
	}
	return nil
}

func (a *additions) reset() {
	*a = additions{a.categories[:0], a.types[:0], a.actors[:0], a.labels[:0]}
}

// key returns the key of a name. A new name gets one and is appended to added;
// sign is 1, or -1 to make its key negative.
func key[N comparable](n *names, d *dictionary[N], name N, sign int64, added *[]entry[N]) int64 {
	n.mu.RLock()
	key, ok := d.keys[name]
	n.mu.RUnlock()
	if ok {
		return key
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key = sign * int64(len(d.keys)+1)
	d.add(key, name)
	*added = append(*added, entry[N]{key, name})
	return key
}

// category returns the key of a stream's category.
func (n *names) category(id eventstore.StreamID, to *additions) int64 {
	return key(n, &n.categories, category{id.Workspace, id.Type}, 1, &to.categories)
}

// eventType returns the key of an event type, below zero for a private one.
func (n *names) eventType(name string, to *additions) int64 {
	if strings.HasPrefix(name, eventstore.PrivatePrefix) {
		return key(n, &n.types, name, -1, &to.types)
	}
	return key(n, &n.types, name, 1, &to.types)
}

// actor returns the key of an actor, zero for none.
func (n *names) actor(a eventstore.Actor, to *additions) int64 {
	if a == (eventstore.Actor{}) {
		return 0
	}
	return key(n, &n.actors, a, 1, &to.actors)
}

// resolve fills in the names of a row.
func (n *names) resolve(e *eventstore.Event, typ, actor, of int64, id string) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	c := n.categories.names[of]
	e.Stream = eventstore.StreamID{Workspace: c.workspace, Type: c.typ, ID: id}
	e.Type, e.Meta.Actor = n.types.names[typ], n.actors.names[actor]
}

// load replaces everything by what the database has.
func (n *names) load(ctx context.Context, q db.Querier, sql *statements) error {
	categories, err := collect(ctx, q, sql.listCategories, func(rows db.Rows, e *entry[category]) error {
		return rows.Scan(&e.key, &e.name.workspace, &e.name.typ)
	})
	if err != nil {
		return fmt.Errorf("read the stream categories: %w", err)
	}
	types, err := collect(ctx, q, sql.listTypes, func(rows db.Rows, e *entry[string]) error { return rows.Scan(&e.key, &e.name) })
	if err != nil {
		return fmt.Errorf("read the event types: %w", err)
	}
	actors, err := collect(ctx, q, sql.listActors, func(rows db.Rows, e *entry[eventstore.Actor]) error {
		return rows.Scan(&e.key, &e.name.Type, &e.name.ID)
	})
	if err != nil {
		return fmt.Errorf("read the actors: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.categories, n.types, n.actors = dictionaryOf(categories), dictionaryOf(types), dictionaryOf(actors)
	return nil
}

func dictionaryOf[N comparable](rows []entry[N]) (d dictionary[N]) {
	for _, row := range rows {
		d.add(row.key, row.name)
	}
	return d
}
