package orchestrator

import (
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// executionKey names an execution of a workspace.
type executionKey struct {
	workspace workflow.WorkspaceID
	id        workflow.ExecutionID
}

// admission decides who runs and who waits. It knows every open execution of
// the process: those that have a place and those that wait for one. It is
// pure state; the dispatcher acts on it.
type admission struct {
	mostRunning int // over all workflows
	mostWaiting int

	mu      sync.Mutex
	running int
	waiting int
	tickets uint64
	open    map[executionKey]*place
	lanes   map[definitionKey]*lane
	early   map[executionKey]struct{} // ended before it was restored; nil once all are
	wake    chan struct{}             // capacity 1: a place may have become free
}

// lane is one workflow's share.
type lane struct {
	most    int
	running int
	halted  bool
	places  map[*place]struct{}
	queue   []*place // in order of priority, then of arrival
}

// place is an open execution.
type place struct {
	key      executionKey
	lane     *lane
	workflow workflow.ID
	priority int
	ticket   uint64
	running  bool // holds a place; otherwise it waits or is about to
	queued   bool
	parked   bool // holds no place among all workflows, but one of its own
}

func newAdmission(mostRunning, mostWaiting int) *admission {
	return &admission{mostRunning: mostRunning, mostWaiting: mostWaiting, wake: make(chan struct{}, 1),
		open: map[executionKey]*place{}, lanes: map[definitionKey]*lane{}, early: map[executionKey]struct{}{}}
}

// reserve registers a new execution. It gets a place at once (running) when
// there is one; otherwise it has to be created as pending and then queued. It
// fails when too many wait already.
func (a *admission) reserve(key executionKey, of workflow.ID, most, priority int) (*place, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lane(key.workspace, of, most)
	free := l.running < l.most && a.running < a.mostRunning && len(l.queue) == 0
	if !free && a.waiting >= a.mostWaiting {
		a.dropIdle(key.workspace, of, l)
		return nil, workflow.TooMany(queueFullRetry, "too_many_pending", "%d executions wait for a place, the most there may be; try again when some have ended", a.waiting)
	}
	p := a.add(key, of, l, priority)
	if free {
		a.occupy(p)
	} else {
		a.waiting++
	}
	return p, nil
}

// restore registers an execution that was open when the process started.
func (a *admission) restore(key executionKey, of workflow.ID, most, priority int, waits, parked bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ended := a.early[key]; ended {
		return
	}
	p := a.add(key, of, a.lane(key.workspace, of, most), priority)
	if waits {
		a.waiting++
		a.enqueue(p)
		return
	}
	a.occupy(p)
	a.setParked(p, parked)
}

// restored ends the time in which an execution may end before it is known.
func (a *admission) restored() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.early = nil
}

func (a *admission) add(key executionKey, of workflow.ID, l *lane, priority int) *place {
	a.tickets++
	p := &place{key: key, lane: l, workflow: of, priority: priority, ticket: a.tickets}
	a.open[key] = p
	l.places[p] = struct{}{}
	return p
}

func (a *admission) lane(ws workflow.WorkspaceID, of workflow.ID, most int) *lane {
	k := definitionKey{ws, of}
	l := a.lanes[k]
	if l == nil {
		l = &lane{places: map[*place]struct{}{}}
		a.lanes[k] = l
	}
	l.most = most
	return l
}

func (a *admission) occupy(p *place) {
	p.running = true
	p.lane.running++
	a.running++
}

// enqueue lets p wait for its turn, once it is durably pending.
func (a *admission) enqueue(p *place) {
	if p.queued || p.running || a.open[p.key] != p {
		return
	}
	p.queued = true
	q := p.lane.queue
	i := len(q)
	for i > 0 && before(p, q[i-1]) {
		i--
	}
	q = append(q, nil)
	copy(q[i+1:], q[i:])
	q[i] = p
	p.lane.queue = q
	a.signal()
}

func before(a, b *place) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	return a.ticket < b.ticket
}

// created is called when the execution of p is durable.
func (a *admission) created(p *place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.enqueue(p)
}

// ended forgets an execution that has ended or was never created.
func (a *admission) ended(key executionKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.open[key]
	if p == nil {
		if a.early != nil {
			a.early[key] = struct{}{}
		}
		return
	}
	delete(a.open, key)
	delete(p.lane.places, p)
	switch {
	case p.running:
		p.lane.running--
		if !p.parked {
			a.running--
		}
		a.signal()
	default:
		a.waiting--
		p.lane.remove(p)
	}
	a.dropIdle(key.workspace, p.workflow, p.lane)
}

// dropIdle forgets a lane without executions, unless its halt must be kept.
func (a *admission) dropIdle(ws workflow.WorkspaceID, of workflow.ID, l *lane) {
	if len(l.places) == 0 && !l.halted {
		delete(a.lanes, definitionKey{ws, of})
	}
}

func (l *lane) remove(p *place) {
	for i, other := range l.queue {
		if other == p {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			return
		}
	}
}

// next gives the best waiting execution a place; nil when none can have one.
func (a *admission) next() *place {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running >= a.mostRunning || a.waiting == 0 {
		return nil
	}
	var best *place
	for _, l := range a.lanes {
		if l.halted || l.running >= l.most || len(l.queue) == 0 {
			continue
		}
		if best == nil || before(l.queue[0], best) {
			best = l.queue[0]
		}
	}
	if best == nil {
		return nil
	}
	best.lane.queue = best.lane.queue[1:]
	best.queued = false
	a.waiting--
	a.occupy(best)
	return best
}

// giveBack lets an execution wait again whose release did not happen.
func (a *admission) giveBack(p *place) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[p.key] != p || !p.running {
		return
	}
	p.running = false
	p.lane.running--
	a.running--
	a.waiting++
	a.enqueue(p)
}

// park frees the place among all workflows of an execution that is parked,
// and takes one again, also beyond the limit, when it goes on.
func (a *admission) park(key executionKey, parked bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.open[key]; p != nil && p.running {
		a.setParked(p, parked)
	}
}

func (a *admission) setParked(p *place, parked bool) {
	if p.parked == parked {
		return
	}
	p.parked = parked
	if parked {
		a.running--
		a.signal()
	} else {
		a.running++
	}
}

// halt stops or allows the releases of a workflow.
func (a *admission) halt(ws workflow.WorkspaceID, of workflow.ID, most int, halted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lane(ws, of, most)
	l.halted = halted
	a.dropIdle(ws, of, l)
	a.signal()
}

// openExecution is an open execution as the verbs see it.
type openExecution struct {
	id      workflow.ExecutionID
	pending bool
}

// openOf lists the open executions of a workflow.
func (a *admission) openOf(ws workflow.WorkspaceID, of workflow.ID) []openExecution {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[definitionKey{ws, of}]
	if l == nil {
		return nil
	}
	out := make([]openExecution, 0, len(l.places))
	for p := range l.places {
		out = append(out, openExecution{p.key.id, !p.running})
	}
	return out
}

func (a *admission) isOpen(key executionKey) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open[key] != nil
}

// groups returns the ids of all open executions.
func (a *admission) groups() map[string]struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make(map[string]struct{}, len(a.open))
	for k := range a.open {
		out[string(k.id)] = struct{}{}
	}
	return out
}

// signal wakes the dispatcher. The caller holds mu.
func (a *admission) signal() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// belongs reports whether an open execution is one of the workflow.
func (a *admission) belongs(key executionKey, of workflow.ID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.open[key]
	return p != nil && p.workflow == of
}
