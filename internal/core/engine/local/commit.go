package local

import (
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// commit is a turn of an execution on its way to the store.
type commit struct {
	*activation.Turn
	x      *execution
	now    time.Time
	inputs []activation.Input
	row    openset.Row // what the table of open executions is told
	parent *engine.Parent
	end    *activation.ChildEnd // that the parent hears of
	err    error                // of the append
}

// activate feeds inputs and submits what came of it.
func (x *execution) activate(ins []activation.Input) {
	now := x.engine.now()
	turn, err := x.state.Turn(now, ins)
	if err != nil {
		x.unloadable(ins, err)
		return
	}
	if turn.Gone {
		x.engine.open.Gone(x.key)
		x.vanish(nil)
	}
	if turn.Lost != nil {
		for _, w := range turn.Acks {
			x.reply(w)
		}
		x.stall(turn.PutBack, fmt.Errorf("load execution %s: %w", x.key.Execution, turn.Lost))
		return
	}
	x.mu.Lock()
	x.position = max(x.position, x.state.Position)
	x.seat.young = x.seat.young || turn.Created && turn.Labels.Child
	x.mu.Unlock()
	for range turn.Places {
		x.takeOver()
	}
	x.putBack(turn.PutBack)
	a := &commit{Turn: turn, x: x, now: now, inputs: ins}
	a.settle()
	a.submit()
}

// submit hands the append to the store and acts on what needs no commit.
func (a *commit) submit() {
	x := a.x
	if len(a.Events) == 0 {
		x.unchanged()
		for _, w := range a.Acks {
			x.reply(w)
		}
		for _, at := range slices.Concat(a.Starts, a.Reads) {
			x.begin(at)
		}
		a.actOnChildren()
		return
	}
	x.mu.Lock()
	x.commits++
	x.creating = a.Created
	x.mu.Unlock()
	x.engine.active.Add(1)
	batch := eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: x.stream(), Expected: a.Expected, Events: a.Events}}, Inline: a.Inline}
	if a.Created {
		batch.Streams[0].Labels = a.Labels.Encode()
	}
	x.engine.store.Submit(batch, a.committed)
	for _, at := range a.Reads {
		x.begin(at)
	}
}

// settle works out what the table of open executions is told, when the execution
// has to be woken, and whether it may leave memory.
func (a *commit) settle() {
	x, l := a.x, a.x.state.Ledger
	wake := x.state.NextWake(a.now)
	hot := wake != 0 && x.engine.options.KeepHot > 0 && time.UnixMicro(wake).Sub(a.now) <= x.engine.options.KeepHot
	begins := !l.Started && !l.Pending() // a generation that is about to
	rests := len(x.state.Running) == 0 && !hot && l.Ended == "" && !begins
	a.row = openset.Row{Key: x.key, Kind: l.Info.Kind, Definition: l.Info.Definition, Priority: l.Priority, Child: l.Parent != nil, State: openState(l),
		Idle: rests, WakeAt: wake, From: l.From,
		// What the next process can help is looked at by it.
		Recover: !rests || l.Drained || l.Broken() || len(l.Children()) > 0}
	if a.Ended != "" {
		a.parent, a.end = l.Parent, activation.EndOf(x.key.Execution, a.End)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wakeAt, x.next = wake, a.row
	x.evictable = x.state.Machine != nil && rests
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
	if x.commits == 0 && x.state.Ledger.Ended == "" {
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
func (a *commit) committed(done eventstore.Appended, err error) {
	x := a.x
	defer x.engine.leave()
	if err != nil {
		a.err = err
		x.commitFailed(a)
		return
	}
	x.engine.open.Saw(done.Position, a.row, a.Created, a.Ended != "")
	for _, at := range a.Stops { // before it can begin
		x.abort(at)
	}
	x.mu.Lock()
	x.position, x.row = done.Position, a.row
	x.mu.Unlock()
	for _, at := range a.Starts {
		x.begin(at)
	}
	x.mu.Lock()
	x.commits--
	var due []activation.Ack
	x.gone = x.gone || a.Ended != ""
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
	again := !x.busy && x.commits == 0 && (x.evictable || len(x.failed) > 0 || len(x.inbox) > 0 || x.state.Machine == nil && x.row.Idle)
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
func (a *commit) tell(position int64, due []activation.Ack) {
	x := a.x
	if x.engine.options.Meter != nil {
		a.measure()
	}
	for _, w := range append(a.Acks, due...) {
		w.To <- activation.Result{Position: position, Err: w.Err}
	}
	if a.Ended != "" {
		x.engine.forget(x)
		x.engine.ended(x.key, a.parent, a.end)
	}
	a.actOnChildren()
	if a.Continues {
		go x.beginNext()
	}
}

// beginNext lets the next generation begin; if the engine is stopping, the next
// process does.
func (x *execution) beginNext() {
	if x.engine.enter() {
		defer x.engine.leave()
		x.engine.deliver(x.key, activation.Input{Kind: activation.Begin})
	}
}

// actOnChildren starts children, and cancels those whose branch was cancelled.
func (a *commit) actOnChildren() {
	for _, c := range a.Children {
		a.x.engine.startChild(c)
	}
	for _, execution := range a.Strays {
		a.x.engine.cancelChild(openset.Key{Workspace: a.x.key.Workspace, Execution: execution})
	}
}

// measure tells the meter what has become durable.
func (a *commit) measure() {
	m := a.x.engine.options.Meter
	for _, r := range a.Counted {
		switch r.Type {
		case journal.StepCompleted, journal.StepFailed:
			m.StepEnded(r.Name, r.Type == journal.StepCompleted, r.Duration)
		case journal.StepRetrying:
			m.StepRetried(r.Name, r.Err.Class)
		default:
			m.ExecutionEnded(a.row.Kind, a.Ended, r.Duration)
		}
	}
}
