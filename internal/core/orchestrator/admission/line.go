package admission

import "cmp"

// turn orders everyone who waits: by priority, the highest first; of the same
// priority children, then those who have begun, by arrival, then the pending
// ones, by id, which sorts by the time it was made.
type turn struct {
	priority  int
	rank      rank
	ticket    uint64
	execution string
}

// rank orders what is of the same priority.
type rank uint8

const (
	childRank rank = iota
	begunRank
	pendingRank
)

func (t turn) compare(o turn) int {
	return cmp.Or(cmp.Compare(o.priority, t.priority), cmp.Compare(t.rank, o.rank), cmp.Compare(t.ticket, o.ticket), cmp.Compare(t.execution, o.execution))
}

func (t turn) before(o turn) bool { return t.compare(o) < 0 }

func (p Pending) turn() turn {
	return turn{priority: p.Priority, rank: pendingRank, execution: string(p.Key.Execution)}
}

// waiter is an execution that wants to go on.
type waiter struct {
	key      Key
	priority int
	child    bool
	ticket   uint64
	granted  func()
}

func (w *waiter) turn() turn {
	t := turn{priority: w.priority, rank: begunRank, ticket: w.ticket}
	if w.child {
		t.rank = childRank
	}
	return t
}

// waiters is a heap, the first in line on top.
type waiters []*waiter

func (h waiters) Len() int           { return len(h) }
func (h waiters) Less(i, j int) bool { return h[i].turn().before(h[j].turn()) }
func (h waiters) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for the heap.
func (h *waiters) Push(x any) { *h = append(*h, x.(*waiter)) }

// Pop is for the heap.
func (h *waiters) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return w
}

// line is a heap of lanes that have a head.
type line []*lane

func (h line) Len() int { return len(h) }
func (h line) Less(i, j int) bool {
	a, _ := h[i].head()
	b, _ := h[j].head()
	return a.before(b)
}
func (h line) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for the heap.
func (h *line) Push(x any) {
	l := x.(*lane)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop is for the heap.
func (h *line) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	l.index = -1
	return l
}
