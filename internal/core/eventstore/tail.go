package eventstore

import (
	"sort"
	"sync"
)

// Bounds of the events that a Tail keeps in memory.
const (
	tailEvents = 8192
	tailBytes  = 4 << 20
)

// Tail keeps the events committed last and wakes those who wait for more, so
// that followers need not read again what was just written. Drivers feed it.
type Tail struct {
	mu     sync.Mutex
	groups [][]Event // each the events of one commit, positions without gaps
	events int
	bytes  int
	head   int64
	more   chan struct{} // closed when head moves or the tail ends
	ended  bool
}

// NewTail returns a tail that begins after the position head.
func NewTail(head int64) *Tail { return &Tail{head: head, more: make(chan struct{})} }

// Publish adds the events of one commit, in order of position.
func (t *Tail) Publish(events []Event) {
	if len(events) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups = append(t.groups, events)
	t.events += len(events)
	t.bytes += size(events)
	for len(t.groups) > 1 && (t.events > tailEvents || t.bytes > tailBytes) {
		t.events -= len(t.groups[0])
		t.bytes -= size(t.groups[0])
		t.groups[0] = nil
		t.groups = t.groups[1:]
	}
	t.head = events[len(events)-1].Position
	close(t.more)
	t.more = make(chan struct{})
}

// End wakes everybody for the last time.
func (t *Tail) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		t.ended = true
		close(t.more)
	}
}

// Head returns the position of the last event published.
func (t *Tail) Head() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head
}

// view is what a tail knows at one moment.
type view struct {
	groups [][]Event
	held   bool // groups hold every event after the position asked for
	head   int64
	more   <-chan struct{}
	ended  bool
}

// after returns the groups that hold events after a position.
func (t *Tail) after(position int64) view {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := view{head: t.head, more: t.more, ended: t.ended}
	if position >= t.head {
		v.held = true
		return v
	}
	if len(t.groups) == 0 || t.groups[0][0].Position > position+1 {
		return v
	}
	first := sort.Search(len(t.groups), func(i int) bool {
		g := t.groups[i]
		return g[len(g)-1].Position > position
	})
	v.held, v.groups = true, append(v.groups, t.groups[first:]...)
	return v
}

func size(events []Event) int {
	n := 0
	for i := range events {
		n += len(events[i].Data) + len(events[i].Journal) + 256
	}
	return n
}
