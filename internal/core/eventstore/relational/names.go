package relational

import (
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// names maps what events repeat to keys and back. The writer adds a name before
// the commit that stores it, so that a reader which sees the row always finds
// the name; after a failed commit all are loaded again.
type names struct {
	mu         sync.RWMutex
	categories dictionary[categoryName]
	types      dictionary[string]
	actors     dictionary[eventstore.Actor]
}

type categoryName struct{ workspace, kind string }

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

// key finds or adds a name; added says that it is new. sign is 1, or -1 to make
// a new key negative.
func key[N comparable](n *names, d *dictionary[N], name N, sign int64) (key int64, added bool) {
	n.mu.RLock()
	key, ok := d.keys[name]
	n.mu.RUnlock()
	if ok {
		return key, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key = sign * int64(len(d.keys)+1)
	d.add(key, name)
	return key, true
}

// category returns the key of a stream's category; added says that it is new.
func (n *names) category(id eventstore.StreamID) (k int64, added bool) {
	return key(n, &n.categories, categoryName{id.Workspace, id.Type}, 1)
}

// eventType returns the key of an event type, below zero for a private one.
func (n *names) eventType(name string) (k int64, added bool) {
	if strings.HasPrefix(name, eventstore.PrivatePrefix) {
		return key(n, &n.types, name, -1)
	}
	return key(n, &n.types, name, 1)
}

// actor returns the key of an actor, zero for none.
func (n *names) actor(a eventstore.Actor) (k int64, added bool) {
	if a == (eventstore.Actor{}) {
		return 0, false
	}
	return key(n, &n.actors, a, 1)
}

// resolve fills in the names of a row.
func (n *names) resolve(e *eventstore.Event, kind, actor, category int64, id string) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	c := n.categories.names[category]
	e.Stream = eventstore.StreamID{Workspace: c.workspace, Type: c.kind, ID: id}
	e.Type, e.Meta.Actor = n.types.names[kind], n.actors.names[actor]
}

// replace takes over what was loaded.
func (n *names) replace(categories []Category, types []Type, actors []Actor) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.categories, n.types, n.actors = dictionary[categoryName]{}, dictionary[string]{}, dictionary[eventstore.Actor]{}
	for _, c := range categories {
		n.categories.add(c.Key, categoryName{c.Workspace, c.Type})
	}
	for _, t := range types {
		n.types.add(t.Key, t.Name)
	}
	for _, a := range actors {
		n.actors.add(a.Key, eventstore.Actor{Kind: a.Kind, ID: a.ID})
	}
}
