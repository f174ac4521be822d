package kind

import (
	"container/list"
	"sync"
)

// Bounds of the decoded versions that a process keeps.
const (
	maxCached      = 1_000
	maxCachedBytes = 32 << 20 // of their JSON
)

// versionKey names an immutable version of a workflow.
type versionKey struct {
	workspace, definition string
	version               int
}

// decoded is a configuration of a kind.
type decoded struct {
	kind  string
	value any
	bytes int // of its JSON
}

// cache keeps the versions that were used last. The zero value is empty.
type cache struct {
	mu     sync.Mutex
	order  list.List // of *cached, the last used first
	places map[versionKey]*list.Element
	bytes  int
}

type cached struct {
	key versionKey
	decoded
}

func (c *cache) get(key versionKey) (decoded, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	place, ok := c.places[key]
	if !ok {
		return decoded{}, false
	}
	c.order.MoveToFront(place)
	return place.Value.(*cached).decoded, true
}

func (c *cache) put(key versionKey, d decoded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.places == nil {
		c.places = map[versionKey]*list.Element{}
	}
	if place, ok := c.places[key]; ok { // two executions have read it at once
		c.drop(place)
	}
	c.places[key] = c.order.PushFront(&cached{key, d})
	c.bytes += d.bytes
	for c.order.Len() > maxCached || c.bytes > maxCachedBytes && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(place *list.Element) {
	gone := c.order.Remove(place).(*cached)
	delete(c.places, gone.key)
	c.bytes -= gone.bytes
}
