package local

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/history"
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
	inbox     []activation.Input
	commits   int       // appends on their way
	failed    []*commit // appends that failed, in order
	waiting   []activation.Ack
	quiet     chan struct{} // closed when no commit is on its way; nil: no one waits
	position  int64         // of the last durable event
	row       openset.Row   // as last made durable
	next      openset.Row   // as the last activation left it
	wakeAt    int64         // when a timer or a retry is due, µs; 0: never
	timer     clock.Timer
	timerAt   int64
	evictable bool
	seat      seat
	refusal   error // of what comes when it is gone; nil: it has ended

	// ---- the owner's ----
	state *activation.State
}

var _ activation.Owner = (*execution)(nil)

func newExecution(e *Engine, k openset.Key) *execution {
	x := &execution{engine: e, key: k, row: openset.Row{Key: k}}
	x.state = activation.New(&e.host, x, k.Workspace, k.Execution)
	return x
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
	return history.Stream(x.key.Workspace, x.key.Execution)
}

// post brings an input. If no one is at work, the caller's goroutine does it. It
// reports false if the execution has left memory: look it up again.
func (x *execution) post(in activation.Input) bool {
	x.mu.Lock()
	if x.dropped {
		x.mu.Unlock()
		return false
	}
	if x.gone {
		pos, refusal := x.position, x.refused()
		x.mu.Unlock()
		in.Reply(pos, refusal)
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
			if x.state.Machine == nil || !x.mayEvict() {
				x.arm()
				x.release()
				return
			}
			x.mu.Unlock()
			x.evict()
		default:
			x.mu.Unlock()
			if len(x.state.Running) > 1 {
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
	var refused []activation.Input
	if x.gone {
		refused, x.inbox = x.inbox, nil
	}
	pos, refusal := x.position, x.refused()
	leave := x.leavePlace()
	drop := !x.gone && x.state.Machine == nil && x.seat.place == noPlace && x.idle()
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
		in.Reply(pos, refusal)
	}
}

// horizon is how far ahead timers are set; what is woken later waits in the table
// of open executions.
const horizon = time.Minute

// idle reports whether nothing here needs memory; mu is held.
func (x *execution) idle() bool {
	return x.commits == 0 && !x.stalled && len(x.failed) == 0 && len(x.inbox) == 0 && len(x.state.Running) == 0 && x.row.Idle &&
		(x.wakeAt == 0 || time.UnixMicro(x.wakeAt).Sub(x.engine.clock.Now()) > horizon)
}

// mayEvict reports whether the goroutines can go; mu is held.
func (x *execution) mayEvict() bool {
	return x.evictable && x.commits == 0
}

// evict ends the execution's routines; what it needs to come back is on disk.
func (x *execution) evict() {
	x.state.Unload()
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
	now := x.seat.wake()
	ask := x.wantPlace() // at once: it must not leave memory in between
	x.mu.Unlock()
	ask()
	if now {
		x.awake()
	}
}

// awake brings a wake. If the execution has left memory this moment, the one in
// its stead gets it.
func (x *execution) awake() {
	if in := (activation.Input{Kind: activation.Wake}); !x.post(in) {
		x.engine.deliver(x.key, in)
	}
}

// wantPlace notes that the execution asks for a place, unless it has one or has
// asked; mu is held. It returns what is to be called without mu.
func (x *execution) wantPlace() func() {
	if !x.seat.ask() {
		return func() {}
	}
	asker := openExecution(x.next)
	if x.seat.young {
		asker.State, x.seat.young = "", false
	}
	return func() { x.engine.options.Places.Acquire(asker, x.placed) }
}

// takeOver takes a place over that the caller of Start or Release has for the
// execution. One too many is given back.
func (x *execution) takeOver() {
	x.mu.Lock()
	taken := x.seat.take()
	x.mu.Unlock()
	if !taken {
		x.engine.options.Places.Release(x.key.Workspace, x.key.Execution)
	}
}

// placed is called when there is a place: what has waited for it begins. If
// nothing does any more, the place is given back.
func (x *execution) placed() {
	if !x.engine.enter() {
		return
	}
	defer x.engine.leave()
	x.mu.Lock()
	queued, waking := x.seat.grant()
	leave := func() {}
	if x.gone || len(queued) == 0 && !waking {
		leave = x.leavePlace()
	}
	x.mu.Unlock()
	leave()
	for _, at := range queued {
		x.engine.begin(x, at)
	}
	if waking {
		x.awake()
	}
}

// begin runs an attempt, now or when there is a place.
func (x *execution) begin(at *attempt.Attempt) {
	x.mu.Lock()
	now := x.seat.begins(at)
	ask := x.wantPlace()
	x.mu.Unlock()
	ask()
	if now {
		x.engine.begin(x, at)
	}
}

// abort cancels an attempt; one that waits for a place need not have it for that.
func (x *execution) abort(at *attempt.Attempt) {
	at.Abort()
	x.mu.Lock()
	waited := x.seat.withdraw(at)
	x.mu.Unlock()
	if waited {
		x.engine.begin(x, at)
	}
}

// leavePlace gives the place back if the execution has nothing to do; mu is held.
// It returns what is to be called without mu.
func (x *execution) leavePlace() func() {
	if !x.gone && (x.commits > 0 || !x.row.Idle || len(x.inbox) > 0) || !x.seat.leave() {
		return func() {}
	}
	return func() { x.engine.options.Places.Release(x.key.Workspace, x.key.Execution) }
}

// AwaitCommits returns when no append is on its way.
func (x *execution) AwaitCommits() {
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

// BeginsWith returns the version of the record that the generation begins with,
// or zero.
func (x *execution) BeginsWith() (int64, error) {
	x.mu.Lock()
	from := x.row.From
	x.mu.Unlock()
	if from != 0 {
		return from, nil
	}
	row, _, err := x.engine.open.Find(context.Background(), x.key)
	return row.From, err
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
		refused[i].Reply(0, engine.ErrStopping)
	}
	if !busy {
		x.state.Unload()
	}
}

// reply answers a call once everything submitted so far is durable.
func (x *execution) reply(a activation.Ack) {
	x.mu.Lock()
	pos, wait := x.position, x.commits > 0
	if wait {
		x.waiting = append(x.waiting, a)
	}
	x.mu.Unlock()
	if !wait {
		a.To <- activation.Result{Position: pos, Err: a.Err}
	}
}

// openExecution is what of a row others see.
func openExecution(r openset.Row) engine.OpenExecution {
	return engine.OpenExecution{Workspace: r.Key.Workspace, Execution: r.Key.Execution, Kind: r.Kind, Definition: r.Definition,
		State: r.State, Priority: r.Priority, Parent: r.Child}
}
