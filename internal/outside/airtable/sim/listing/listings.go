package listing

import (
	"strings"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// maxListings bounds how many listings may rest between two pages. The one that has rested longest goes.
const maxListings = 2000

// Listings are the listings under way. They live in memory only: a restart ends them, as Airtable's does. Safe for
// concurrent use.
type Listings struct {
	ttl time.Duration
	mu  sync.Mutex
	all map[string]*listing // by the id in their offsets
}

// listing is one listing: its records in their order, as they were chosen for its first page. Records that were
// deleted since are skipped; changed ones show what they are now.
type listing struct {
	table   string // id
	records []*record.Record
	starts  map[string]int // where a page begins, by the id of its first record
	used    time.Time
}

// Page is a part of a listing. Offset names the next one; it is "" on the last.
type Page struct {
	Records []*record.Record
	Offset  string
}

// New returns no listings yet. A listing that rests longer than ttl between two pages is forgotten.
func New(ttl time.Duration) *Listings { return &Listings{ttl: ttl, all: map[string]*listing{}} }

func errGone() *wire.Error { return wire.Invalid("LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "") }

// Page starts the listing that the parameters ask for, or finds the one that their offset names, and takes the next
// records from it.
func (l *Listings) Page(e *record.Evaluator, rows *record.Rows, p Params, now time.Time) (Page, *wire.Error) {
	id, one, next, err := l.open(e, rows, p, now)
	if err != nil {
		return Page{}, err
	}
	page := Page{Records: make([]*record.Record, 0, p.pageSize())}
	for ; next < len(one.records) && len(page.Records) < p.pageSize(); next++ {
		if r := one.records[next]; !r.Deleted() {
			page.Records = append(page.Records, r)
		}
	}
	if next < len(one.records) {
		page.Offset = l.keep(id, one, next, now)
	}
	return page, nil
}

// open returns a listing, where its next page begins, and the id by which it is kept: "" for a new one.
func (l *Listings) open(e *record.Evaluator, rows *record.Rows, p Params, now time.Time) (string, *listing, int, *wire.Error) {
	table := rows.Table().ID
	if p.Offset == "" {
		records, err := choose(e, rows, p)
		return "", &listing{table: table, records: records, starts: map[string]int{}}, 0, err
	}
	id, first, _ := strings.Cut(p.Offset, "/")
	if !wire.IsID(id, "itr") || !wire.IsID(first, "rec") {
		return "", nil, 0, wire.InvalidOffset(p.Offset)
	}
	one, start, found := l.find(table, id, first, now)
	if !found {
		return "", nil, 0, errGone()
	}
	return id, one, start, nil
}

// keep remembers where the next page of a listing begins, and returns the offset that names it.
func (l *Listings) keep(id string, one *listing, next int, now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == "" {
		id = wire.NewID("itr")
		l.makeRoom(now)
		l.all[id] = one
	}
	one.used = now
	first := one.records[next].ID
	one.starts[first] = next
	return id + "/" + first
}

// find returns the listing of an offset and where its page begins.
func (l *Listings) find(table, id, first string, now time.Time) (*listing, int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.all[id]
	if one == nil || one.table != table {
		return nil, 0, false
	}
	if now.Sub(one.used) > l.ttl {
		delete(l.all, id)
		return nil, 0, false
	}
	start, found := one.starts[first]
	one.used = now
	return one, start, found
}

// makeRoom drops what has expired, and the oldest listing when that is not enough. The caller holds the lock.
func (l *Listings) makeRoom(now time.Time) {
	if len(l.all) < maxListings {
		return
	}
	oldest := ""
	for id, one := range l.all {
		if now.Sub(one.used) > l.ttl {
			delete(l.all, id)
		} else if oldest == "" || one.used.Before(l.all[oldest].used) {
			oldest = id
		}
	}
	if len(l.all) >= maxListings {
		delete(l.all, oldest)
	}
}
