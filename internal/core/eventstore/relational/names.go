package relational

import (
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// names maps categories and event types to their keys and back. The writer adds
// a name before the commit that stores it, so that a reader which sees the row
// always finds the name; after a failed commit all are loaded again.
type names struct {
	mu         sync.RWMutex
	categories map[categoryName]int64
	byKey      map[int64]categoryName
	types      map[string]int64
	typeByKey  map[int64]string
}

type categoryName struct{ workspace, kind string }

func newNames() *names {
	return &names{categories: map[categoryName]int64{}, byKey: map[int64]categoryName{},
		types: map[string]int64{}, typeByKey: map[int64]string{}}
}

// category returns the key of a stream's category; added says that it is new.
func (n *names) category(id eventstore.StreamID) (key int64, added bool) {
	name := categoryName{id.Workspace, id.Type}
	n.mu.RLock()
	key, ok := n.categories[name]
	n.mu.RUnlock()
	if ok {
		return key, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key = int64(len(n.categories) + 1)
	n.categories[name], n.byKey[key] = key, name
	return key, true
}

// eventType returns the key of an event type; added says that it is new.
func (n *names) eventType(name string) (key int64, added bool) {
	n.mu.RLock()
	key, ok := n.types[name]
	n.mu.RUnlock()
	if ok {
		return key, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key = int64(len(n.types) + 1)
	if strings.HasPrefix(name, eventstore.PrivatePrefix) {
		key = -key
	}
	n.types[name], n.typeByKey[key] = key, name
	return key, true
}

// stream returns the name of a stream from its row.
func (n *names) stream(category int64, id string) eventstore.StreamID {
	n.mu.RLock()
	defer n.mu.RUnlock()
	c := n.byKey[category]
	return eventstore.StreamID{Workspace: c.workspace, Type: c.kind, ID: id}
}

// typeName returns the name of an event type from its key.
func (n *names) typeName(key int64) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.typeByKey[key]
}

// replace takes over what was loaded.
func (n *names) replace(categories []Category, types []Type) {
	fresh := newNames()
	for _, c := range categories {
		name := categoryName{c.Workspace, c.Type}
		fresh.categories[name], fresh.byKey[c.Key] = c.Key, name
	}
	for _, t := range types {
		fresh.types[t.Name], fresh.typeByKey[t.Key] = t.Key, t.Name
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.categories, n.byKey, n.types, n.typeByKey = fresh.categories, fresh.byKey, fresh.types, fresh.typeByKey
}
