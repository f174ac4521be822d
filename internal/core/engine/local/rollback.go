package local

import (
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// stallTime is how long an execution waits after the store refused an append.
const stallTime = time.Second

// commitFailed runs on the store's side. The last append on its way wakes the
// execution, which then goes back to what is durable.
func (x *execution) commitFailed(a *commit) {
	x.mu.Lock()
	x.failed = append(x.failed, a)
	x.commits--
	if x.commits == 0 {
		x.quieten()
	}
	again := !x.busy && x.commits == 0
	if again {
		x.busy = true
		x.engine.active.Add(1)
	}
	x.mu.Unlock()
	if again {
		go func() {
			defer x.engine.leave()
			x.work()
		}()
	}
}

// rollBack forgets everything that did not become durable. The calls of hosts
// get the error; outcomes of steps are kept and fed again.
func (x *execution) rollBack(failed []*commit) {
	first := failed[0].err
	x.state.Unload()
	var kept []activation.Input
	for _, a := range failed {
		if a.TookPlace { // the caller learns of the failure and still has it
			x.mu.Lock()
			x.seat.leave()
			x.mu.Unlock()
		}
		for _, at := range a.Starts { // they never began
			x.state.Disown(at)
		}
		for _, at := range a.Reads { // they did, for a call that was never made
			at.Void = true
			at.Abort()
			x.state.Disown(at)
		}
		for _, w := range a.Acks {
			w.To <- activation.Result{Err: refusal(a.err, failed[0])}
		}
		for _, in := range a.inputs {
			if in.Ack == nil {
				kept = append(kept, in)
			}
		}
	}
	x.acknowledgeWaiting(first)
	if failed[0].Created {
		if errors.Is(first, eventstore.ErrConflict) {
			x.makeWay()
		} else {
			x.vanish(engine.ErrNotFound)
		}
		return
	}
	if attach := x.attachFailed(first); attach != nil {
		attach.At.Unwritten(attach.Cause)
		x.putBack(kept)
		return
	}
	x.stall(kept, fmt.Errorf("append to execution %s: %w", x.key.Execution, first))
}

// attachFailed returns the failure of rows that a step of this execution has
// attached, if they are why the append failed. A database that is full or gone
// is no fault of theirs, and then the error may be that of another execution's rows.
func (x *execution) attachFailed(err error) *activation.AttachError {
	var attach *activation.AttachError
	if errors.Is(err, db.ErrFull) || errors.Is(err, db.ErrRolledBack) || errors.Is(err, db.ErrLost) ||
		!errors.As(err, &attach) || attach.At.Info.Workspace != x.key.Workspace || attach.At.Info.Execution != x.key.Execution {
		return nil
	}
	return attach
}

// refusal is what the caller of a host's call gets.
func refusal(err error, first *commit) error {
	if first.Created && errors.Is(err, eventstore.ErrConflict) {
		return engine.ErrExists
	}
	if errors.Is(err, eventstore.ErrConflict) { // only because the append before it failed
		return first.err
	}
	return err
}

// vanish forgets an execution that has ended or never came to be. What still
// comes is refused.
func (x *execution) vanish(refusal error) {
	x.mu.Lock()
	x.gone, x.refusal = true, refusal
	leave := x.leavePlace()
	x.mu.Unlock()
	leave()
	x.engine.forget(x)
}

// makeWay forgets an execution that could not be created because it exists. What
// came meanwhile was meant for the one that does.
func (x *execution) makeWay() {
	x.mu.Lock()
	x.gone, x.dropped = true, true
	inbox := x.inbox
	x.inbox = nil
	leave := x.leavePlace()
	x.mu.Unlock()
	leave()
	x.engine.forget(x)
	for _, in := range inbox {
		x.engine.deliver(x.key, in)
	}
}

// unloadable answers for an execution that cannot be loaded: one that does not
// exist is forgotten, for any other reason it is tried again.
func (x *execution) unloadable(ins []activation.Input, err error) {
	if !errors.Is(err, engine.ErrNotFound) {
		x.stall(ins, fmt.Errorf("load execution %s: %w", x.key.Execution, err))
		return
	}
	x.engine.open.Gone(x.key)
	for i := range ins {
		ins[i].Reply(0, engine.ErrNotFound)
	}
	x.vanish(engine.ErrNotFound)
}

func (x *execution) acknowledgeWaiting(err error) {
	x.mu.Lock()
	due := x.waiting
	x.waiting = nil
	x.mu.Unlock()
	for _, w := range due {
		w.To <- activation.Result{Err: err}
	}
}

// putBack puts inputs in front of what has come since.
func (x *execution) putBack(ins []activation.Input) {
	x.mu.Lock()
	x.inbox = append(ins, x.inbox...)
	x.mu.Unlock()
}

// stall refuses the calls of hosts among the inputs, keeps the rest and tries
// again in a while.
func (x *execution) stall(ins []activation.Input, err error) {
	x.engine.log.Error("execution stalled", "workspace", x.key.Workspace, "execution", x.key.Execution, "error", err, "again_in", stallTime)
	var kept []activation.Input
	for _, in := range ins {
		if in.Ack != nil {
			in.Reply(0, err)
			continue
		}
		kept = append(kept, in)
	}
	x.putBack(kept)
	x.mu.Lock()
	x.stalled = true
	x.mu.Unlock()
	x.engine.clock.AfterFunc(stallTime, x.unstall)
}

func (x *execution) unstall() {
	if !x.engine.enter() {
		return
	}
	defer x.engine.leave()
	x.mu.Lock()
	x.stalled = false
	x.mu.Unlock()
	x.post(activation.Input{Kind: activation.Wake})
}
