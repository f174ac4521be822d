package local

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// execution is an open execution that is in memory. Whoever has set busy owns
// it: the owner alone touches the fields below the line, so that an execution is
// one state machine however many goroutines bring inputs.
type execution struct {
	engine *Engine
	key    openset.Key

	mu        sync.Mutex
	busy      bool
	gone      bool // ended or never begun: no input reaches it
	dropped   bool // out of memory: look it up again
	stalled   bool // an append failed; a timer goes on
	creating  bool // it may turn out that it exists already: nothing is built on that
	inbox     []input
	commits   int           // appends on their way
	failed    []*activation // appends that failed, in order
	waiting   []acknowledgement
	quiet     chan struct{} // closed when no commit is on its way; nil: no one waits
	position  int64         // of the last durable event
	row       openset.Row   // as last made durable
	next      openset.Row   // as the last activation left it
	wakeAt    int64         // when a timer or a retry is due, µs; 0: never
	timer     clock.Timer
	timerAt   int64
	evictable bool
	place     place
	queued    []*attempt // that begin when there is a place
	waking    bool       // it is woken when there is a place
	young     bool       // a child that has not had its first place
	refusal   error      // of what comes when it is gone; nil: it has ended

	// ---- the owner's ----
	ledger  *journal.Ledger  // nil: what is durable has to be loaded
	machine *machine.Machine // nil: not loaded, not begun, or its function cannot be fed
	loaded  any              // what the function's Load returned
	running map[string]*attempt
	revive  bool // look for steps that should be running
}

// place is whether an execution is at work.
type place uint8

const (
	noPlace place = iota
	placeAsked
	placeHeld
)

func newExecution(e *Engine, k openset.Key) *execution {
	return &execution{engine: e, key: k, running: map[string]*attempt{}, row: openset.Row{Key: k}}
}

// shown takes over what the table of open executions says.
func (x *execution) shown(r openset.Row) { x.row, x.next, x.wakeAt = r, r, r.WakeAt }

// stateNow returns the state that is durable, or what is known otherwise.
func (x *execution) stateNow(otherwise workflow.ExecutionState) workflow.ExecutionState {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.row.State == "" {
		return otherwise
	}
	return x.row.State
}

func (x *execution) stream() eventstore.StreamID {
	return eventstore.StreamID{Workspace: x.key.Workspace, Type: engine.StreamType, ID: x.key.Execution}
}

// post brings an input. If no one is at work, the caller's goroutine does it. It
// reports false if the execution has left memory: look it up again.
func (x *execution) post(in input) bool {
	x.mu.Lock()
	if x.dropped {
		x.mu.Unlock()
		return false
	}
	if x.gone {
		pos, refusal := x.position, x.refused()
		x.mu.Unlock()
		in.acknowledge(pos, refusal)
		return true
	}
	x.inbox = append(x.inbox, in)
	if x.busy || x.stalled || x.creating {
		x.mu.Unlock()
		return true
	}
	x.busy = true
	x.mu.Unlock()
	x.work()
	return true
}

// refused is what inputs get that come when the execution is gone; mu is held.
func (x *execution) refused() error {
	if x.refusal != nil {
		return x.refusal
	}
	return engine.ErrEnded
}

// work feeds what has come until nothing is left. The caller has set busy.
func (x *execution) work() {
	for {
		x.mu.Lock()
		switch {
		case len(x.failed) > 0:
			if x.commits > 0 { // the last commit's callback comes back
				x.release()
				return
			}
			failed := x.failed
			x.failed = nil
			x.mu.Unlock()
			x.rollBack(failed)
		case x.stalled || x.gone || x.creating || len(x.inbox) == 0:
			if x.machine == nil || !x.mayEvict() {
				x.arm()
				x.release()
				return
			}
			x.mu.Unlock()
			x.evict()
		default:
			x.mu.Unlock()
			if len(x.running) > 1 {
				runtime.Gosched() // results that are about to arrive share one append
			}
			x.mu.Lock()
			ins := x.inbox
			x.inbox = nil
			x.mu.Unlock()
			x.activate(ins)
		}
	}
}

// release gives the execution back; mu is held. One that only waits leaves
// memory: its row in the table of open executions says when it is woken.
func (x *execution) release() {
	x.busy = false
	var refused []input
	if x.gone {
		refused, x.inbox = x.inbox, nil
	}
	pos, refusal := x.position, x.refused()
	leave := x.leavePlace()
	drop := !x.gone && x.machine == nil && x.place == noPlace && x.idle()
	if drop {
		x.dropped = true
		x.stopTimer()
	}
	x.mu.Unlock()
	leave()
	if drop {
		x.engine.forget(x)
	}
	for _, in := range refused {
		in.acknowledge(pos, refusal)
	}
}

// idle reports whether nothing here needs memory; mu is held.
func (x *execution) idle() bool {
	return x.commits == 0 && !x.stalled && len(x.failed) == 0 && len(x.inbox) == 0 && len(x.running) == 0 && x.row.Idle &&
		(x.wakeAt == 0 || time.UnixMicro(x.wakeAt).Sub(x.engine.clock.Now()) > horizon)
}

// mayEvict reports whether the goroutines can go; mu is held.
func (x *execution) mayEvict() bool {
	return x.evictable && x.commits == 0
}

// evict ends the execution's routines; what it needs to come back is on disk.
func (x *execution) evict() {
	x.unload()
	x.mu.Lock()
	x.evictable = false
	x.mu.Unlock()
}

// arm sets the timer for the next wake; mu is held. While commits are on their
// way it waits: nothing may act on what is not durable.
func (x *execution) arm() {
	if x.commits > 0 || x.timerAt == x.wakeAt {
		return
	}
	x.stopTimer()
	x.timerAt = x.wakeAt
	if x.wakeAt == 0 || x.gone || x.engine.stopping() {
		return
	}
	at := x.wakeAt
	x.timer = x.engine.clock.AfterFunc(time.UnixMicro(at).Sub(x.engine.clock.Now()), func() { x.wake(at) })
}

func (x *execution) stopTimer() {
	if x.timer != nil {
		x.timer.Stop()
		x.timer = nil
	}
}

// wake is what the timer calls: the execution goes on once it has a place.
func (x *execution) wake(at int64) {
	x.mu.Lock()
	if x.timerAt != at || x.dropped || x.gone || !x.engine.enter() {
		x.mu.Unlock()
		return
	}
	defer x.engine.leave()
	x.timer, x.timerAt = nil, 0
	if at == x.wakeAt {
		x.wakeAt = 0
	}
	x.waking = x.place != placeHeld
	waits, ask := x.waking, x.wantPlace() // at once: it must not leave memory in between
	x.mu.Unlock()
	ask()
	if waits {
		return
	}
	x.awake()
}

// awake brings a wake. If the execution has left memory this moment, the one in
// its stead gets it.
func (x *execution) awake() {
	if in := (input{typ: inWake}); !x.post(in) {
		x.engine.deliver(x.key, in)
	}
}

// wantPlace notes that the execution asks for a place, unless it has one or has
// asked; mu is held. It returns what is to be called without mu.
func (x *execution) wantPlace() func() {
	if x.place != noPlace {
		return func() {}
	}
	x.place = placeAsked
	asker := openExecution(x.next)
	if x.young {
		asker.State, x.young = "", false
	}
	return func() { x.engine.options.Places.Acquire(asker, x.placed) }
}

// takeOver takes a place over that the caller of Start or Release has for the
// execution. One too many is given back.
func (x *execution) takeOver() {
	x.mu.Lock()
	one := x.place == noPlace
	if one {
		x.place = placeHeld
	}
	x.mu.Unlock()
	if !one {
		x.engine.options.Places.Release(x.key.Workspace, x.key.Execution)
	}
}

// dropPlace forgets a place that is the caller's again.
func (x *execution) dropPlace() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.place = noPlace
}

// placed is called when there is a place: what has waited for it begins. If
// nothing does any more, the place is given back.
func (x *execution) placed() {
	if !x.engine.enter() {
		return
	}
	defer x.engine.leave()
	x.mu.Lock()
	x.place = placeHeld
	queued, waking := x.queued, x.waking
	x.queued, x.waking = nil, false
	leave := func() {}
	if x.gone || len(queued) == 0 && !waking {
		leave = x.leavePlace()
	}
	x.mu.Unlock()
	leave()
	for _, at := range queued {
		x.engine.begin(at)
	}
	if waking {
		x.awake()
	}
}

// begin runs an attempt, now or when there is a place.
func (x *execution) begin(at *attempt) {
	x.mu.Lock()
	if x.place == placeHeld {
		x.mu.Unlock()
		x.engine.begin(at)
		return
	}
	x.queued = append(x.queued, at)
	ask := x.wantPlace()
	x.mu.Unlock()
	ask()
}

// abort cancels an attempt; one that waits for a place need not have it for that.
func (x *execution) abort(at *attempt) {
	at.abort()
	x.mu.Lock()
	i := slices.Index(x.queued, at)
	if i >= 0 {
		x.queued = slices.Delete(x.queued, i, i+1)
	}
	x.mu.Unlock()
	if i >= 0 {
		x.engine.begin(at)
	}
}

// leavePlace gives the place back if the execution has nothing to do; mu is held.
// It returns what is to be called without mu.
func (x *execution) leavePlace() func() {
	if x.place != placeHeld || !x.gone && (x.commits > 0 || !x.row.Idle || len(x.inbox) > 0) {
		return func() {}
	}
	x.place = noPlace
	return func() { x.engine.options.Places.Release(x.key.Workspace, x.key.Execution) }
}

// awaitCommits returns when no append is on its way.
func (x *execution) awaitCommits() {
	x.mu.Lock()
	if x.commits == 0 {
		x.mu.Unlock()
		return
	}
	if x.quiet == nil {
		x.quiet = make(chan struct{})
	}
	quiet := x.quiet
	x.mu.Unlock()
	select {
	case <-quiet:
	case <-x.engine.done:
	}
}

// quieten lets those go on who wait for commits; mu is held.
func (x *execution) quieten() {
	if x.quiet != nil {
		close(x.quiet)
		x.quiet = nil
	}
}

// close ends the execution's goroutines; its stream stays as it is.
func (x *execution) close() {
	x.mu.Lock()
	x.gone, x.refusal = true, engine.ErrStopping
	x.stopTimer()
	busy := x.busy
	x.busy = true
	refused := x.inbox
	x.inbox = nil
	x.mu.Unlock()
	for i := range refused {
		refused[i].acknowledge(0, engine.ErrStopping)
	}
	if !busy && x.machine != nil {
		x.machine.Close()
		x.machine = nil
	}
}

// acknowledgement is the response to a host's call that is due.
type acknowledgement struct {
	to  chan<- result
	err error
}

// result is what a host's call gets.
type result struct {
	position int64
	err      error
}

// reply answers a call once everything submitted so far is durable.
func (x *execution) reply(in *input, err error) {
	x.mu.Lock()
	pos, wait := x.position, x.commits > 0
	if wait {
		x.waiting = append(x.waiting, acknowledgement{in.ack, err})
	}
	x.mu.Unlock()
	if !wait {
		in.acknowledge(pos, err)
	}
}
