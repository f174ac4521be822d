package admission

import (
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Lane names a workflow.
type Lane struct {
	Workspace workflow.WorkspaceID
	Workflow  workflow.ID
}

// LaneOf is the lane of a workflow, by what the engine calls it.
func LaneOf(workspace, definition string) Lane {
	return Lane{Workspace: workflow.WorkspaceID(workspace), Workflow: workflow.ID(definition)}
}

// Key names an execution.
type Key = workflow.ExecutionKey

// Rule is what a kind says about the lanes of its workflows.
type Rule struct {
	// Most is how many executions of one workflow may have begun.
	Most int
	// Frees: an execution that gives its place back frees its lane too, and needs
	// both to go on.
	Frees bool
}

// Pending is an execution that waits to be released.
type Pending struct {
	Key      Key
	Lane     Lane
	Priority int
}

// queueFullRetry is what a caller is told to wait when too many are pending.
const queueFullRetry = 10 * time.Second

// Control is the state. It is safe for concurrent use, except that Starved and
// Refill belong to one goroutine.
type Control struct {
	mostAtWork, mostPending int

	mu      sync.Mutex
	atWork  int              // places that are taken
	holds   map[Key]*holding // of those that free their lane with their place
	pending int              // executions that wait to be released, of all lanes
	tickets uint64
	lanes   map[Lane]*lane
	open    *lane // for those who need no lane to go on
	line    line  // lanes whose head could go on if there were a place
	unread  map[Lane]*lane
	wake    chan struct{}
}

// New returns a control with so many places, and room for so many pending ones.
func New(mostAtWork, mostPending int) *Control {
	return &Control{mostAtWork: mostAtWork, mostPending: mostPending, holds: map[Key]*holding{}, lanes: map[Lane]*lane{},
		open: newRoad(), unread: map[Lane]*lane{}, wake: make(chan struct{}, 1)}
}

// Changed gets a value when Next or Starved may have something to say.
func (c *Control) Changed() <-chan struct{} { return c.wake }

func (c *Control) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Reserve registers a new execution. It reports true if the execution may begin
// at once: it then has its lane and a place. Otherwise it has to be created as
// pending. It fails when too many are pending already.
func (c *Control) Reserve(k Key, of Lane, r Rule) (runs bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.rule = r
	defer c.settle(l)
	if l.room() && !l.halted && l.pending == 0 && c.free() && len(c.line) == 0 && len(c.unread) == 0 {
		l.begun++
		c.take(k, l)
		return true, nil
	}
	if c.pending >= c.mostPending {
		return false, workflow.TooMany(queueFullRetry, "too_many_pending", "%d executions wait for a place, the most there may be; try again when some have ended", c.pending)
	}
	l.pending++
	c.pending++
	return false, nil
}

// Abandon takes back a Reserve whose execution was not created.
func (c *Control) Abandon(k Key, of Lane, ran bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	if ran {
		l.begun--
		c.leave(k)
	} else {
		l.pending--
		c.pending--
	}
	c.settle(l)
	c.signal()
}

// Created lets an execution that was created as pending wait for its turn.
func (c *Control) Created(p Pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(p.Lane)
	l.insert(p)
	c.settle(l)
	c.signal()
}

// Restore counts an execution that was open when the process started: a pending
// one, or one that has begun. It has no place.
func (c *Control) Restore(of Lane, r Rule, pending bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.rule = r
	if pending {
		l.pending++
		c.pending++
		l.more = true
	} else {
		l.begun++
	}
	c.settle(l)
	c.signal()
}

// Ended takes in the end of an execution: one that had begun, or one that was
// still pending. A place that it has is given back by LeavePlace.
func (c *Control) Ended(k Key, of Lane, began bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	if began {
		l.begun--
	} else {
		l.pending--
		c.pending--
		l.forget(k)
	}
	c.settle(l)
	c.signal()
}

// Halt stops a lane from releasing pending executions, or lets it go on.
func (c *Control) Halt(of Lane, halted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.halted = halted
	c.settle(l)
	c.signal()
}

// Next gives a place to whoever is first in line: an execution that wants to go
// on, which is told at once, or a pending one, which is returned to be released.
// It returns false when there is no place or no one waits.
func (c *Control) Next() (Pending, bool) {
	for {
		c.mu.Lock()
		if !c.free() || len(c.line) == 0 {
			c.mu.Unlock()
			return Pending{}, false
		}
		l := c.line[0]
		if w := l.popWaiter(); w != nil {
			c.take(w.key, l)
			c.settle(l)
			c.mu.Unlock()
			w.granted()
			continue
		}
		p := l.popPending()
		c.take(p.Key, l)
		c.settle(l)
		c.mu.Unlock()
		return p, true
	}
}

// Outcome says what became of a pending execution that Next returned.
type Outcome int

// The outcomes.
const (
	// Begun: it has its lane, and the place is the engine's to give back.
	Begun Outcome = iota
	// Refused: it has ended without beginning; the place is the engine's.
	Refused
	// Gone: it had ended already.
	Gone
	// Failed: it could not be released; it waits again.
	Failed
)

// Released takes in what became of a pending execution.
func (c *Control) Released(p Pending, how Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(p.Lane)
	delete(l.releasing, p.Key)
	if how == Failed {
		l.insert(p)
	} else {
		l.forget(p.Key)
	}
	switch how {
	case Begun:
		l.pending--
		c.pending--
		l.begun++
	case Gone, Failed:
		c.leave(p.Key)
	}
	c.settle(l)
	c.signal()
}

// Reading is a lane whose pending executions have to be read before they can be
// released: it has room and none in memory. Limit is how many to read.
type Reading struct {
	Lane  Lane
	Limit int
}

// Starved returns the lanes that have to be read. Each is answered by Refill.
func (c *Control) Starved() []Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Reading
	for of, l := range c.unread {
		out = append(out, Reading{of, l.beginReading()})
	}
	return out
}

// Refill answers a Reading with the first pending executions of the lane, in
// order, as they were stored after the call of Starved: all of them if there
// were fewer than Limit. If they could not be read, failed is true.
func (c *Control) Refill(r Reading, stored []Pending, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(r.Lane)
	if l.endReading(stored, !failed && len(stored) < r.Limit); !failed {
		c.signal()
	}
	c.settle(l)
}

// Open counts what is open of a lane: begun and pending.
func (c *Control) Open(of Lane) (begun, pending int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.lanes[of]; l != nil {
		return l.begun + len(l.releasing), l.pending - len(l.releasing)
	}
	return 0, 0
}

// Asker is an execution that wants to go on.
type Asker struct {
	Key      Key
	Lane     Lane
	Priority int
	// Child: another execution waits for it and has the lane.
	Child bool
}

// Acquire asks for a place for an execution that wants to go on, and for its
// lane if that was freed. granted is called once when it has them: at once on
// the caller's goroutine, or later on that of Next.
func (c *Control) Acquire(a Asker, r Rule, granted func()) {
	c.mu.Lock()
	l := c.open
	if r.Frees && !a.Child {
		l = c.lane(a.Lane)
		l.rule = r
	}
	c.tickets++
	w := &waiter{key: a.Key, priority: a.Priority, child: a.Child, ticket: c.tickets, granted: granted}
	l.push(w)
	c.settle(l)
	if c.free() && len(c.line) > 0 && c.line[0].first() == w {
		l.popWaiter()
		c.take(a.Key, l)
		c.settle(l)
		c.mu.Unlock()
		granted()
		return
	}
	c.mu.Unlock()
	c.signal()
}

// LeavePlace gives a place back.
func (c *Control) LeavePlace(k Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave(k)
	c.signal()
}

// Usage says how many places are taken, how many executions want to go on, and
// how many are pending.
func (c *Control) Usage() (atWork, waking, pending int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waking = len(c.open.waiters)
	for _, l := range c.lanes {
		waking += len(l.waiters)
	}
	return c.atWork, waking, c.pending
}

// free reports whether there is a place.
func (c *Control) free() bool { return c.atWork < c.mostAtWork }

// holding is the lane that an execution has with its place. It may have two
// places for a moment: one that it has been given, one that it gives back.
type holding struct {
	lane   *lane
	places int
}

// take gives a place to an execution, and its lane if it goes with the place.
func (c *Control) take(k Key, l *lane) {
	c.atWork++
	if !l.rule.Frees {
		return
	}
	if c.holds[k] == nil {
		c.holds[k] = &holding{lane: l}
	}
	c.holds[k].places++
	l.atWork++
}

// leave takes a place back.
func (c *Control) leave(k Key) {
	c.atWork--
	h := c.holds[k]
	if h == nil {
		return
	}
	if h.places--; h.places == 0 {
		delete(c.holds, k)
	}
	h.lane.atWork--
	c.settle(h.lane)
}
