package sim

import (
	"sync"
	"time"
)

// maxIterators bounds how many listings may rest between two pages; the one that rested longest goes.
const maxIterators = 2000

// iterators are the listings under way. They live in memory only: a restart ends them, as Airtable's do.
type iterators struct {
	ttl time.Duration
	mu  sync.Mutex
	all map[string]*iterator
}

// iterator is one listing: which records in which order, as they were chosen by its first page. Records
// deleted since are skipped, changed ones show what they are now.
type iterator struct {
	table   *table
	records []*record
	starts  map[string]int // where the page begins that an offset names by its first record
	used    time.Time
}

// keep remembers a listing whose next page begins at a place, and returns the offset that names it.
func (i *iterators) keep(id string, it *iterator, next int, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if id == "" {
		id = newID("itr")
		i.makeRoom(now)
		i.all[id] = it
	}
	it.used = now
	first := it.records[next].id
	it.starts[first] = next
	return id + "/" + first
}

// find returns the listing of an offset and where its page begins.
func (i *iterators) find(t *table, id, first string, now time.Time) (*iterator, int, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	it := i.all[id]
	if it == nil || it.table != t {
		return nil, 0, false
	}
	if now.Sub(it.used) > i.ttl {
		delete(i.all, id)
		return nil, 0, false
	}
	start, found := it.starts[first]
	it.used = now
	return it, start, found
}

// makeRoom drops what has expired, and the oldest when that is not enough. The caller holds the lock.
func (i *iterators) makeRoom(now time.Time) {
	if len(i.all) < maxIterators {
		return
	}
	oldest := ""
	for id, it := range i.all {
		if now.Sub(it.used) > i.ttl {
			delete(i.all, id)
		} else if oldest == "" || it.used.Before(i.all[oldest].used) {
			oldest = id
		}
	}
	if len(i.all) >= maxIterators {
		delete(i.all, oldest)
	}
}
