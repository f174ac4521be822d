package local

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// submit hands the append to the store and acts on what needs no commit.
func (a *activation) submit() {
	x := a.x
	x.settle(a)
	if len(a.events) == 0 {
		x.unchanged()
		for _, at := range a.starts {
			x.begin(at)
		}
		a.beginReads()
		a.actOnChildren()
		return
	}
	x.mu.Lock()
	x.commits++
	x.creating = a.created
	x.mu.Unlock()
	x.engine.active.Add(1)
	batch := eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: x.stream(), Expected: a.expected, Events: a.events}}, Inline: a.inline}
	if a.created {
		batch.Streams[0].Labels = a.labels.Encode()
	}
	x.engine.store.Submit(batch, a.committed)
	a.beginReads()
}

func (a *activation) beginReads() {
	for _, at := range a.reads {
		a.x.begin(at)
	}
}

// settle works out what the table of open executions is told, when the execution
// has to be woken, and whether it may leave memory.
func (x *execution) settle(a *activation) {
	wake := x.nextWake(a.now)
	l := x.ledger
	hot := wake != 0 && x.engine.options.KeepHot > 0 && time.UnixMicro(wake).Sub(a.now) <= x.engine.options.KeepHot
	begins := !l.Started && !l.Pending() // a generation that is about to
	rests := len(x.running) == 0 && !hot && l.Ended == "" && !begins
	a.row = openset.Row{Key: x.key, Kind: l.Info.Kind, Definition: l.Info.Definition, Priority: l.Priority, Child: l.Parent != nil, State: openState(l),
		Idle: rests, WakeAt: wake, From: l.From,
		// What the next process can help is looked at by it.
		Recover: !rests || l.Drained || l.Broken() || len(l.Children()) > 0}
	if a.ended != "" {
		a.parent, a.end = l.Parent, endOf(x.key.Execution, a.output)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wakeAt, x.next = wake, a.row
	x.evictable = x.machine != nil && rests
}

// openState is the state in the table of open executions: one that was paused
// before it was released still waits for that.
func openState(l *journal.Ledger) workflow.ExecutionState {
	if l.Pending() {
		return workflow.Pending
	}
	return l.State()
}

// unchanged shows a state that needs no commit; if one is on its way, after it.
func (x *execution) unchanged() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.commits == 0 && x.ledger.Ended == "" {
		x.catchUp()
	}
}

// catchUp shows the state that the last activation has left; mu is held.
func (x *execution) catchUp() {
	if x.row != x.next {
		x.row = x.next
		x.engine.open.Changed(x.row)
	}
}

// committed runs on the store's side; it takes no lock that anyone holds while
// waiting.
func (a *activation) committed(done eventstore.Appended, err error) {
	x := a.x
	defer x.engine.leave()
	if err != nil {
		a.err = err
		x.commitFailed(a)
		return
	}
	x.engine.open.Saw(done.Position, a.row, a.created, a.ended != "")
	for _, at := range a.stops { // before it can begin
		x.abort(at)
	}
	x.mu.Lock()
	x.position, x.row = done.Position, a.row
	x.mu.Unlock()
	for _, at := range a.starts {
		x.begin(at)
	}
	x.mu.Lock()
	x.commits--
	var due []acknowledgement
	x.gone = x.gone || a.ended != ""
	x.creating = false
	if x.commits == 0 {
		due, x.waiting = x.waiting, nil
		if !x.gone && len(x.failed) == 0 {
			x.catchUp()
		}
		x.quieten()
		x.arm()
	}
	leave := x.leavePlace()
	again := !x.busy && x.commits == 0 && (x.evictable || len(x.failed) > 0 || len(x.inbox) > 0 || x.machine == nil && x.row.Idle)
	if again {
		x.busy = true
		x.engine.active.Add(1)
	}
	x.mu.Unlock()
	leave()
	a.tell(done.Position, due)
	if again {
		go func() {
			defer x.engine.leave()
			x.work()
		}()
	}
}

// tell answers the callers and acts on what has become durable.
func (a *activation) tell(position int64, due []acknowledgement) {
	x := a.x
	if x.engine.options.Meter != nil {
		a.measure()
	}
	for _, w := range append(a.acks, due...) {
		w.to <- result{position, w.err}
	}
	if a.ended != "" {
		x.engine.forget(x)
		x.engine.ended(x.key, a.parent, a.end)
	}
	a.actOnChildren()
	if a.continues {
		go x.beginNext()
	}
}

// beginNext lets the next generation begin; if the engine is stopping, the next
// process does.
func (x *execution) beginNext() {
	if x.engine.enter() {
		defer x.engine.leave()
		x.engine.deliver(x.key, input{typ: inBegin})
	}
}
