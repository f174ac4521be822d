package admission

import (
	"container/heap"
	"slices"
	"sort"
)

// lane is one workflow's share.
type lane struct {
	of       Lane
	most     int // executions that may have begun
	begun    int
	reserved int // pending ones that are being released
	pending  int // that have not begun, those that are being released included
	halted   bool
	// window holds the first pending executions, in order; more says that there
	// may be others, which are stored.
	window   []Pending
	more     bool
	inFlight map[Key]bool // being released
	index    int          // in the heap of ready lanes; -1: not there
}

func (c *Control) lane(of Lane) *lane {
	l := c.lanes[of]
	if l == nil {
		l = &lane{of: of, most: 1, index: -1, inFlight: map[Key]bool{}}
		c.lanes[of] = l
	}
	return l
}

// room reports whether one more execution may begin.
func (l *lane) room() bool { return !l.halted && l.begun+l.reserved < l.most }

// head is the execution whose turn it is; there must be one.
func (l *lane) head() Pending { return l.window[0] }

// starved reports whether the window has to be read.
func (l *lane) starved() bool { return len(l.window) == 0 && l.more && l.room() }

// insert puts an execution into the window, if it belongs there.
func (l *lane) insert(p Pending) {
	if l.more && (len(l.window) == 0 || l.window[len(l.window)-1].before(p)) {
		return
	}
	i := sort.Search(len(l.window), func(i int) bool { return p.before(l.window[i]) })
	l.window = slices.Insert(l.window, i, p)
	if len(l.window) > windowSize {
		l.window = l.window[:windowSize]
		l.more = true
	}
}

// pop takes the head for its release.
func (l *lane) pop() Pending {
	p := l.window[0]
	l.window = slices.Delete(l.window, 0, 1)
	l.inFlight[p.Key] = true
	return p
}

func (l *lane) remove(k Key) {
	l.window = slices.DeleteFunc(l.window, func(p Pending) bool { return p.Key == k })
}

func (l *lane) holds(k Key) bool {
	return slices.ContainsFunc(l.window, func(p Pending) bool { return p.Key == k })
}

func (l *lane) sort() {
	sort.Slice(l.window, func(i, j int) bool { return l.window[i].before(l.window[j]) })
}

// settle puts a lane where it belongs: into the heap of ready ones, among those
// whose window has to be read, or nowhere.
func (c *Control) settle(l *lane) {
	ready := len(l.window) > 0 && l.room()
	switch {
	case ready && l.index < 0:
		heap.Push(&c.ready, l)
	case ready:
		heap.Fix(&c.ready, l.index)
	case l.index >= 0:
		heap.Remove(&c.ready, l.index)
	}
	if l.starved() {
		c.starving[l.of] = true
	} else {
		delete(c.starving, l.of)
	}
	if l.begun == 0 && l.reserved == 0 && l.pending == 0 && !l.halted {
		delete(c.lanes, l.of)
	}
}

// lanes is a heap of those with a head and room, the first in line on top.
type lanes []*lane

func (h lanes) Len() int           { return len(h) }
func (h lanes) Less(i, j int) bool { return h[i].head().before(h[j].head()) }
func (h lanes) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for the heap.
func (h *lanes) Push(x any) {
	l := x.(*lane)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop is for the heap.
func (h *lanes) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	l.index = -1
	return l
}

// waiter is an execution that wants to go on.
type waiter struct {
	key      Key
	priority int
	ticket   uint64
	granted  func()
}

// as compares with pending executions: by priority alone, and it goes first.
func (w *waiter) as() Pending { return Pending{Priority: w.priority} }

// wakes is a heap of executions that want to go on.
type wakes []*waiter

func (h wakes) Len() int { return len(h) }
func (h wakes) Less(i, j int) bool {
	if h[i].priority != h[j].priority {
		return h[i].priority > h[j].priority
	}
	return h[i].ticket < h[j].ticket
}
func (h wakes) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is for the heap.
func (h *wakes) Push(x any) { *h = append(*h, x.(*waiter)) }

// Pop is for the heap.
func (h *wakes) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return w
}
