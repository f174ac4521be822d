// Package admission decides which executions are at work: how many of one
// workflow have begun (its lane) and how many are at work in the process
// (places). An execution that waits for its start, for a time, a signal or a
// person holds no place; a begun one keeps its lane until it ends. Memory holds
// counts and the heads of queues, never one object per waiting execution. The
// package is state behind a lock: who starts and releases executions, and where
// the pending ones are stored, is the orchestrator's business.
package admission

import (
	"container/heap"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Lane names a workflow.
type Lane struct {
	Workspace workflow.WorkspaceID
	Workflow  workflow.ID
}

// Key names an execution.
type Key struct {
	Workspace workflow.WorkspaceID
	Execution workflow.ExecutionID
}

// Pending is an execution that waits to be released.
type Pending struct {
	Key      Key
	Lane     Lane
	Priority int
}

// before orders the pending executions of all lanes: higher priority first, then
// by id, which sorts by the time it was made.
func (p Pending) before(o Pending) bool {
	if p.Priority != o.Priority {
		return p.Priority > o.Priority
	}
	return p.Key.Execution < o.Key.Execution
}

// windowSize is how many pending executions of a lane are held in memory; the
// rest is read when it is their turn.
const windowSize = 64

// queueFullRetry is what a caller is told to wait when too many are pending.
const queueFullRetry = 10 * time.Second

// Control is the state. It is safe for concurrent use.
type Control struct {
	mostRunning, mostPending int

	mu       sync.Mutex
	running  int // places that are taken
	pending  int // executions that wait to be released, of all lanes
	tickets  uint64
	lanes    map[Lane]*lane
	ready    lanes // that have a head and room
	starving map[Lane]bool
	wakes    wakes // executions that want to go on
	wake     chan struct{}
}

// New returns a control with so many places, and room for so many pending ones.
func New(mostRunning, mostPending int) *Control {
	return &Control{mostRunning: mostRunning, mostPending: mostPending, lanes: map[Lane]*lane{}, starving: map[Lane]bool{}, wake: make(chan struct{}, 1)}
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
// pending. It fails when too many are pending already. most is how many
// executions of the workflow may have begun.
func (c *Control) Reserve(of Lane, most int) (runs bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.most = most
	if l.room() && l.pending == 0 && c.running < c.mostRunning && len(c.wakes) == 0 && len(c.ready) == 0 {
		l.begun++
		c.running++
		return true, nil
	}
	if c.pending >= c.mostPending {
		c.settle(l)
		return false, workflow.TooMany(queueFullRetry, "too_many_pending", "%d executions wait for a place, the most there may be; try again when some have ended", c.pending)
	}
	l.pending++
	c.pending++
	return false, nil
}

// Abandon takes back a Reserve whose execution was not created.
func (c *Control) Abandon(of Lane, ran bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	if ran {
		l.begun--
		c.running--
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

// Restore counts an execution that was open when the process started.
func (c *Control) Restore(of Lane, most int, pending bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.most = most
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
// still pending.
func (c *Control) Ended(k Key, of Lane, began bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	if began {
		l.begun--
	} else {
		l.pending--
		c.pending--
		l.remove(k)
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

// Limit changes how many executions of a workflow may have begun.
func (c *Control) Limit(of Lane, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.most = most
	c.settle(l)
	c.signal()
}

// Next gives a place to whoever waits longest at the highest priority: an
// execution that wants to go on, which is told at once, or a pending one, which
// is returned to be released. It returns false when there is no place or no one
// waits.
func (c *Control) Next() (Pending, bool) {
	for {
		c.mu.Lock()
		if c.running >= c.mostRunning {
			c.mu.Unlock()
			return Pending{}, false
		}
		if len(c.wakes) > 0 && (len(c.ready) == 0 || !c.ready[0].head().before(c.wakes[0].as())) {
			w := heap.Pop(&c.wakes).(*waiter)
			c.running++
			c.mu.Unlock()
			w.granted()
			continue
		}
		if len(c.ready) == 0 {
			c.mu.Unlock()
			return Pending{}, false
		}
		l := c.ready[0]
		p := l.pop()
		l.reserved++
		c.running++
		c.settle(l)
		c.mu.Unlock()
		return p, true
	}
}

// Released says what became of a pending execution that Next returned.
type Released int

// What becomes of it.
const (
	// Begun: it has its lane, and the place is the engine's to give back.
	Begun Released = iota
	// Refused: it has ended without beginning; the place is the engine's.
	Refused
	// Gone: it had ended already.
	Gone
	// Failed: it could not be released; it waits again.
	Failed
)

// Release takes in what became of a pending execution.
func (c *Control) Release(p Pending, how Released) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(p.Lane)
	l.reserved--
	delete(l.inFlight, p.Key)
	switch how {
	case Begun:
		l.pending--
		c.pending--
		l.begun++
	case Gone:
		c.running--
	case Failed:
		c.running--
		l.insert(p)
	}
	c.settle(l)
	c.signal()
}

// Starved returns the lanes whose pending executions have to be read before they
// can be released: they have room and no head.
func (c *Control) Starved() []Lane {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.starving))
}

// Refill hands over the first pending executions of a lane, in order, as they
// are stored. whole says that there are no more.
func (c *Control) Refill(of Lane, stored []Pending, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(of)
	l.more = !whole
	for _, p := range stored {
		if !l.inFlight[p.Key] && !l.holds(p.Key) {
			l.window = append(l.window, p)
		}
	}
	l.sort()
	c.settle(l)
	c.signal()
}

// WindowSize is how many pending executions Refill should be given.
func (c *Control) WindowSize() int { return windowSize }

// Open counts what is open of a lane: begun and pending.
func (c *Control) Open(of Lane) (begun, pending int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.lanes[of]; l != nil {
		return l.begun + l.reserved, l.pending - l.reserved
	}
	return 0, 0
}

// Acquire asks for a place for an execution that wants to go on; granted is
// called when there is one, at once or later. A child of an execution begins on
// its parent's place: it does not wait for its first one.
func (c *Control) Acquire(k Key, priority int, first bool, granted func()) {
	c.mu.Lock()
	if first || c.running < c.mostRunning && len(c.wakes) == 0 {
		c.running++
		c.mu.Unlock()
		granted()
		return
	}
	c.tickets++
	heap.Push(&c.wakes, &waiter{key: k, priority: priority, ticket: c.tickets, granted: granted})
	c.mu.Unlock()
	c.signal()
}

// LeavePlace gives a place back.
func (c *Control) LeavePlace() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	c.signal()
}

// Usage says how many places are taken, how many executions want to go on, and
// how many are pending.
func (c *Control) Usage() (running, waking, pending int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running, len(c.wakes), c.pending
}
