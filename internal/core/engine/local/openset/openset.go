// Package openset knows which executions are open: which of them the next
// process has to look at, when each is woken, and which wait to be released.
// The table behind it lags by some positions, which costs nothing while
// executions run and a short read at a start; executions that begin and end in
// between never touch it. Waiting costs a row and no memory.
package openset

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Key names an execution.
type Key struct{ Workspace, Execution string }

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Workspace, o.Workspace), cmp.Compare(k.Execution, o.Execution))
}

// Row is an open execution as its last commit left it.
type Row struct {
	Key              Key
	Kind, Definition string
	Priority         int
	Child            bool // another execution waits for it
	State            workflow.ExecutionState
	// Idle: nothing of it runs; something has to come. It is memory, not stored.
	Idle bool
	// Recover: the next process has to look at it.
	Recover bool
	WakeAt  int64 // microseconds since 1970; zero: no time wakes it
	From    int64 // version of the record that its generation begins with
}

// saveEvery is how many positions may pass between two saves: a start reads that
// many events at most, and a little more.
const saveEvery = 20_000

// Set is the set of open executions. It is safe for concurrent use.
type Set struct {
	table *table // nil: everything is in changed

	saving sync.Mutex // one save at a time: a later one must not be overtaken

	mu       sync.Mutex
	position int64 // every event up to here is accounted for
	saved    int64
	changed  map[Key]change // since the last save began
	moving   map[Key]change // being saved
	behind   chan struct{}
}

// change is what the table does not know yet.
type change struct {
	row   Row
	gone  bool // it has ended
	fresh bool // the table has no row
}

// New returns the set whose table is in d; nil keeps everything in memory.
func New(d *db.DB) *Set {
	s := &Set{changed: map[Key]change{}, behind: make(chan struct{}, 1)}
	if d != nil {
		s.table = &table{db: d}
	}
	return s
}

// Behind gets a value when the table lags so far that it should be saved.
func (s *Set) Behind() <-chan struct{} { return s.behind }

// Saw takes in a commit. Commits are seen in the order of their positions.
func (s *Set) Saw(position int64, r Row, created, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position = max(s.position, position)
	s.set(r, created, ended)
	if s.table != nil && s.position-s.saved >= saveEvery {
		select {
		case s.behind <- struct{}{}:
		default:
		}
	}
}

func (s *Set) set(r Row, created, ended bool) {
	was, known := s.changed[r.Key]
	fresh := created && !known || was.fresh
	switch {
	case ended && (fresh || s.table == nil):
		delete(s.changed, r.Key)
	case ended:
		s.changed[r.Key] = change{row: r, gone: true}
	default:
		s.changed[r.Key] = change{row: r, fresh: fresh}
	}
}

// Changed takes in what changed without a commit, such as a time to be woken.
func (s *Set) Changed(r Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(r, false, false)
}

// Gone forgets an execution that turned out to have ended, or never to have been.
func (s *Set) Gone(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(Row{Key: k}, false, true)
}

// Save brings the table up to the last commit that was seen.
func (s *Set) Save(ctx context.Context) error {
	if s.table == nil {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	position := s.position
	if position == s.saved && len(s.changed) == 0 {
		s.mu.Unlock()
		return nil
	}
	s.changed, s.moving = map[Key]change{}, s.changed
	moving := s.moving
	s.mu.Unlock()
	err := s.table.save(ctx, position, moving)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moving = nil
	if err != nil {
		s.takeBack(moving)
		return err
	}
	s.saved = position
	return nil
}

// takeBack keeps what could not be saved for the next time.
func (s *Set) takeBack(changed map[Key]change) {
	for k, c := range changed {
		now, again := s.changed[k]
		switch {
		case !again:
			s.changed[k] = c
		case now.gone && c.fresh:
			delete(s.changed, k)
		default:
			now.fresh = c.fresh
			s.changed[k] = now
		}
	}
}

// newer returns what the table does not know yet.
func (s *Set) newer() map[Key]change {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[Key]change, len(s.changed)+len(s.moving))
	maps.Copy(all, s.moving)
	maps.Copy(all, s.changed)
	return all
}

// Find returns the row of an execution and whether it is open.
func (s *Set) Find(ctx context.Context, k Key) (Row, bool, error) {
	s.mu.Lock()
	c, known := s.changed[k]
	if !known {
		c, known = s.moving[k]
	}
	s.mu.Unlock()
	if known || s.table == nil {
		return c.row, known && !c.gone, nil
	}
	rows := map[Key]Row{}
	err := s.table.find(ctx, map[Key]bool{k: true}, rows)
	row, found := rows[k]
	return row, found, err
}

// Page returns up to limit rows after a key. The order is that of the store; it
// is the same in every page.
func (s *Set) Page(ctx context.Context, after Key, limit int) ([]Row, error) {
	if s.table == nil {
		return filter(s.newer(), limit, func(r Row) bool { return r.Key.compare(after) > 0 }, func(a, b Row) int { return a.Key.compare(b.Key) }), nil
	}
	if err := s.Save(ctx); err != nil {
		return nil, err
	}
	return s.table.after(ctx, s.table.sql.page, after, limit)
}

// Pending returns up to limit executions of a definition that wait to be
// released: in the order of their priority, highest first, and then of their ids.
func (s *Set) Pending(ctx context.Context, workspace, definition string, limit int) ([]Row, error) {
	if s.table == nil {
		return filter(s.newer(), limit, func(r Row) bool {
			return r.State == workflow.Pending && r.Key.Workspace == workspace && r.Definition == definition
		}, func(a, b Row) int { return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Key.compare(b.Key)) }), nil
	}
	if err := s.Save(ctx); err != nil {
		return nil, err
	}
	return s.table.pending(ctx, workspace, definition, limit)
}

// Due returns up to limit executions that are woken before a time, in µs, the
// earliest first.
func (s *Set) Due(ctx context.Context, before int64, limit int) ([]Row, error) {
	newer := s.newer() // before the table is read: what is saved meanwhile is not lost
	due := filter(newer, limit, func(r Row) bool { return r.WakeAt > 0 && r.WakeAt <= before }, byWake)
	if s.table == nil {
		return due, nil
	}
	stored, err := s.table.rows(ctx, s.table.sql.due, before, limit+len(newer))
	if err != nil {
		return nil, err
	}
	for _, r := range stored {
		if _, known := newer[r.Key]; !known {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, byWake)
	return due[:min(len(due), limit)], nil
}

func byWake(a, b Row) int { return cmp.Compare(a.WakeAt, b.WakeAt) }

// filter returns the first rows of an order.
func filter(all map[Key]change, limit int, wanted func(Row) bool, order func(a, b Row) int) []Row {
	var found []Row
	for _, c := range all {
		if !c.gone && wanted(c.row) {
			found = append(found, c.row)
		}
	}
	slices.SortFunc(found, order)
	return found[:min(len(found), limit)]
}
