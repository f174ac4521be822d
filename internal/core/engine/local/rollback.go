package local

import (
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// stallTime is how long an execution waits after the store refused an append.
const stallTime = time.Second

// maxAttachFailures is how often an attached write may fail before its step
// counts as failed.
const maxAttachFailures = 3

// attachError says which step's attached write failed.
type attachError struct {
	at    *attempt
	cause error
}

func (e *attachError) Error() string {
	return fmt.Sprintf("rows attached by step %s at %s: %v", e.at.call.Step.Name, e.at.call.Path, e.cause)
}

func (e *attachError) Unwrap() error { return e.cause }

// commitFailed runs on the store's side. The last append on its way wakes the
// execution, which then goes back to what is durable.
func (x *execution) commitFailed(a *activation) {
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
func (x *execution) rollBack(failed []*activation) {
	first := failed[0].err
	x.unload()
	var kept []input
	for _, a := range failed {
		if a.tookPlace { // the caller learns of the failure and still has it
			x.dropPlace()
		}
		for _, at := range a.starts { // they never began
			x.disown(at)
		}
		for _, at := range a.reads { // they did, for a call that was never made
			at.void = true
			at.abort()
			x.disown(at)
		}
		for _, w := range a.acks {
			w.to <- result{err: refusal(a.err, failed[0])}
		}
		for _, in := range a.inputs {
			if in.ack == nil {
				kept = append(kept, in)
			}
		}
	}
	x.acknowledgeWaiting(first)
	if failed[0].created {
		if errors.Is(first, eventstore.ErrConflict) {
			x.makeWay()
		} else {
			x.vanish(engine.ErrNotFound)
		}
		return
	}
	if attach := x.attachFailed(first); attach != nil {
		attach.count()
		x.putBack(kept)
		return
	}
	x.stall(kept, fmt.Errorf("append to execution %s: %w", x.key.Execution, first))
}

// disown makes room for another attempt of the same step.
func (x *execution) disown(at *attempt) {
	if x.running[at.call.Path] == at {
		delete(x.running, at.call.Path)
	}
}

// attachFailed returns the failure of rows that a step of this execution has
// attached, if they are why the append failed. A database that is full or gone
// is no fault of theirs, and then the error may be that of somebody else's rows.
func (x *execution) attachFailed(err error) *attachError {
	var attach *attachError
	if errors.Is(err, db.ErrFull) || errors.Is(err, db.ErrRolledBack) || errors.Is(err, db.ErrLost) ||
		!errors.As(err, &attach) || attach.at.x != x {
		return nil
	}
	return attach
}

// refusal is what the caller of a host's call gets.
func refusal(err error, first *activation) error {
	if first.created && errors.Is(err, eventstore.ErrConflict) {
		return engine.ErrExists
	}
	if errors.Is(err, eventstore.ErrConflict) { // only because the append before it failed
		return first.err
	}
	return err
}

// count makes the step fail if its rows can never be written.
func (e *attachError) count() {
	if e.at.attaches++; e.at.attaches >= maxAttachFailures {
		e.at.err = failure.Wrap(e.cause, failure.Fatal, engine.CodeAttach, "its rows cannot be written: %v", e.cause)
	}
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
func (x *execution) unloadable(ins []input, err error) {
	if !errors.Is(err, engine.ErrNotFound) {
		x.stall(ins, fmt.Errorf("load execution %s: %w", x.key.Execution, err))
		return
	}
	x.engine.open.Gone(x.key)
	for i := range ins {
		ins[i].acknowledge(0, engine.ErrNotFound)
	}
	x.vanish(engine.ErrNotFound)
}

func (x *execution) acknowledgeWaiting(err error) {
	x.mu.Lock()
	due := x.waiting
	x.waiting = nil
	x.mu.Unlock()
	for _, w := range due {
		w.to <- result{err: err}
	}
}

// putBack puts inputs in front of what has come since.
func (x *execution) putBack(ins []input) {
	x.mu.Lock()
	x.inbox = append(ins, x.inbox...)
	x.mu.Unlock()
}

// stall refuses the calls of hosts among the inputs, keeps the rest and tries
// again in a while.
func (x *execution) stall(ins []input, err error) {
	x.engine.log.Error("execution stalled", "workspace", x.key.Workspace, "execution", x.key.Execution, "error", err, "again_in", stallTime)
	var kept []input
	for _, in := range ins {
		if in.ack != nil {
			in.acknowledge(0, err)
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
	x.post(input{typ: inWake})
}
