package local

import (
	"runtime"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// key names an execution.
type key struct{ workspace, execution string }

// exec is an open execution. Whoever has set busy owns it: it alone touches
// the fields below the line, so that an execution is one state machine however
// many goroutines bring inputs.
type exec struct {
	e   *Engine
	key key

	mu         sync.Mutex
	busy       bool
	gone       bool // ended or never begun: no input reaches it
	stalled    bool // an append failed; a timer goes on
	inbox      []input
	commits    int           // appends on their way
	failed     []*activation // appends that failed, in order
	waiting    []answer      // acknowledgements that wait for commits
	quiet      chan struct{} // closed when no commit is on its way; nil: nobody waits
	position   int64         // of the last durable event
	state      engine.State
	definition string
	wakeAt     int64 // when a timer or a retry is due, µs; 0: never
	timer      clock.Timer
	timerAt    int64
	evictable  bool

	// ---- the owner's ----
	l       *ledger
	m       *machine // nil: evicted, or its function cannot be fed
	public  engine.Public
	running map[string]*attempt // by path
	revive  bool                // look for steps that should be running
	first   bool                // not yet revived in this process
}

func (x *exec) stream() eventstore.StreamID {
	return eventstore.StreamID{Workspace: x.key.workspace, Type: engine.StreamType, ID: x.key.execution}
}

// post brings an input. If nobody is at work, the caller's goroutine does it.
func (x *exec) post(in input) {
	x.mu.Lock()
	if x.gone {
		pos := x.position
		x.mu.Unlock()
		in.answer(pos, engine.ErrEnded)
		return
	}
	x.inbox = append(x.inbox, in)
	if x.busy || x.stalled {
		x.mu.Unlock()
		return
	}
	x.busy = true
	x.mu.Unlock()
	x.work()
}

// work feeds what has come until nothing is left. The caller has set busy.
func (x *exec) work() {
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
		case x.stalled || x.gone || len(x.inbox) == 0:
			if x.m == nil || !x.mayEvict() {
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

// release gives the execution back; mu is held.
func (x *exec) release() {
	x.busy = false
	var refused []input
	if x.gone {
		refused, x.inbox = x.inbox, nil
	}
	pos := x.position
	x.mu.Unlock()
	for _, in := range refused {
		in.answer(pos, engine.ErrEnded)
	}
}

// mayEvict reports whether the goroutines can go; mu is held.
func (x *exec) mayEvict() bool {
	return x.evictable && x.commits == 0
}

// evict ends the execution's routines; what it needs to come back is on disk.
func (x *exec) evict() {
	x.m.teardown()
	x.m = nil
	x.l.held, x.l.seen, x.l.input = nil, nil, nil
	x.mu.Lock()
	x.evictable = false
	x.mu.Unlock()
}

// arm sets the timer for the next wake; mu is held. While commits are on their
// way it waits: nothing may act on what is not durable.
func (x *exec) arm() {
	if x.commits > 0 || x.timerAt == x.wakeAt {
		return
	}
	if x.timer != nil {
		x.timer.Stop()
		x.timer = nil
	}
	x.timerAt = x.wakeAt
	if x.wakeAt == 0 || x.gone || x.e.stopping() {
		return
	}
	at := x.wakeAt
	x.timer = x.e.clock.AfterFunc(time.UnixMicro(at).Sub(x.e.clock.Now()), func() { x.wake(at) })
}

// wake is what the timer calls.
func (x *exec) wake(at int64) {
	x.mu.Lock()
	if x.timerAt != at || !x.e.enter() {
		x.mu.Unlock()
		return
	}
	defer x.e.leave()
	x.timer, x.timerAt = nil, 0
	x.mu.Unlock()
	x.post(input{kind: inWake})
}

// awaitCommits returns when no append is on its way.
func (x *exec) awaitCommits() {
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
	case <-x.e.done:
	}
}

// quieten lets those go on who wait for commits; mu is held.
func (x *exec) quieten() {
	if x.quiet != nil {
		close(x.quiet)
		x.quiet = nil
	}
}

// answer is an acknowledgement that is due.
type answer struct {
	to  chan<- result
	err error
}

// result is what a host's call gets.
type result struct {
	position int64
	err      error
}

// reply answers a call once everything submitted so far is durable.
func (x *exec) reply(in *input, err error) {
	x.mu.Lock()
	pos, wait := x.position, x.commits > 0
	if wait {
		x.waiting = append(x.waiting, answer{in.ack, err})
	}
	x.mu.Unlock()
	if !wait {
		in.answer(pos, err)
	}
}
