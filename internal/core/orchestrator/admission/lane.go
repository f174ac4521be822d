package admission

import (
	"container/heap"
	"math"
	"slices"
	"sort"
)

// windowSize is how many pending executions of a lane are held in memory, and a
// few more while some are being released; the rest is read when it is their turn.
const windowSize = 64

// lane is one workflow's share: of the executions that have begun, or, if they
// free it, of those at work.
type lane struct {
	of     Lane
	rule   Rule
	begun  int // executions that have begun and not ended
	atWork int // places that the lane goes with, if it is freed with them
	// pending counts those that have not begun, also those that are being released.
	pending   int
	releasing map[Key]bool
	halted    bool
	// window holds the first pending executions, in order; more says that there
	// may be others, which are stored.
	window []Pending
	more   bool
	read   reading
	// waiters want to go on and need the lane for it.
	waiters waiters
	index   int // in the line; -1: not there
}

// reading is what has happened to a lane while its pending executions are read.
type reading struct {
	open bool
	came []Pending    // that may not have been read
	past map[Key]bool // that are not pending any more, and may have been read as pending
}

// newRoad returns a lane that is never full, for those who need none.
func newRoad() *lane { return &lane{rule: Rule{Most: math.MaxInt}, index: -1} }

func (c *Control) lane(of Lane) *lane {
	l := c.lanes[of]
	if l == nil {
		l = &lane{of: of, rule: Rule{Most: 1}, index: -1, releasing: map[Key]bool{}}
		c.lanes[of] = l
	}
	return l
}

// room reports whether the lane takes one more execution.
func (l *lane) room() bool {
	if l.rule.Frees {
		return l.atWork < l.rule.Most
	}
	return l.begun+len(l.releasing) < l.rule.Most
}

// mayRelease reports whether one more pending execution may begin.
func (l *lane) mayRelease() bool { return l.room() && !l.halted }

// first returns the waiter who goes before everyone else in the lane; nil if
// that is a pending execution, or no one.
func (l *lane) first() *waiter {
	if len(l.waiters) == 0 || !l.room() {
		return nil
	}
	w := l.waiters[0]
	if len(l.window) > 0 && l.mayRelease() && l.window[0].turn().before(w.turn()) {
		return nil
	}
	return w
}

// head is whose turn it is, if it is anyone's.
func (l *lane) head() (turn, bool) {
	if w := l.first(); w != nil {
		return w.turn(), true
	}
	if len(l.window) > 0 && l.mayRelease() {
		return l.window[0].turn(), true
	}
	return turn{}, false
}

// starved reports whether the window has to be read.
func (l *lane) starved() bool { return len(l.window) == 0 && l.more && l.mayRelease() }

// insert puts an execution into the window, if it belongs there.
func (l *lane) insert(p Pending) {
	if l.read.open {
		l.read.came = append(l.read.came, p)
		return
	}
	if l.more && (len(l.window) == 0 || l.window[len(l.window)-1].turn().before(p.turn())) {
		return
	}
	i := sort.Search(len(l.window), func(i int) bool { return p.turn().before(l.window[i].turn()) })
	l.window = slices.Insert(l.window, i, p)
	l.cut()
}

// cut leaves what is too much for the window to the store.
func (l *lane) cut() {
	if len(l.window) > windowSize {
		clear(l.window[windowSize:])
		l.window = l.window[:windowSize]
		l.more = true
	}
}

// popWaiter takes the waiter who is first in the lane; nil if a pending
// execution is.
func (l *lane) popWaiter() *waiter {
	w := l.first()
	if w != nil {
		heap.Pop(&l.waiters)
	}
	return w
}

// popPending takes the first pending execution, to be released.
func (l *lane) popPending() Pending {
	p := l.window[0]
	l.window = slices.Delete(l.window, 0, 1)
	l.releasing[p.Key] = true
	return p
}

func (l *lane) push(w *waiter) { heap.Push(&l.waiters, w) }

// forget notes that an execution is not pending any more.
func (l *lane) forget(k Key) {
	l.window = slices.DeleteFunc(l.window, func(p Pending) bool { return p.Key == k })
	if l.read.open {
		l.read.past[k] = true
	}
}

// beginReading returns how many pending executions have to be read, so that one
// is among them that is not being released.
func (l *lane) beginReading() int {
	l.read = reading{open: true, past: map[Key]bool{}}
	return windowSize + len(l.releasing)
}

// endReading takes in what was read: the window was empty all the while. What has
// happened meanwhile is newer.
func (l *lane) endReading(stored []Pending, whole bool) {
	since := l.read
	l.read, l.more = reading{}, !whole
	known := map[Key]bool{}
	for _, p := range stored {
		if known[p.Key] = true; !l.releasing[p.Key] && !since.past[p.Key] {
			l.window = append(l.window, p)
		}
	}
	for _, p := range since.came {
		if !known[p.Key] && !since.past[p.Key] {
			l.insert(p)
		}
	}
}

// settle puts a lane where it belongs: into the line, among those whose window
// has to be read, or nowhere.
func (c *Control) settle(l *lane) {
	_, ready := l.head()
	switch {
	case ready && l.index < 0:
		heap.Push(&c.line, l)
	case ready:
		heap.Fix(&c.line, l.index)
	case l.index >= 0:
		heap.Remove(&c.line, l.index)
	}
	if l == c.open {
		return
	}
	if l.starved() {
		c.unread[l.of] = l
	} else {
		delete(c.unread, l.of)
	}
	if l.unused() {
		delete(c.lanes, l.of)
	}
}

// unused reports whether nothing would be lost with the lane.
func (l *lane) unused() bool {
	return l.begun == 0 && l.atWork == 0 && l.pending == 0 && len(l.releasing) == 0 && len(l.window) == 0 && !l.more && len(l.waiters) == 0 && !l.halted
}
