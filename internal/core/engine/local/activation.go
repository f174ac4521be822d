package local

import (
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// activation is one atomic append in the making: the inputs that were fed, the
// commands that they caused, and what is to be done once it is durable.
type activation struct {
	x        *exec
	now      time.Time
	inputs   []input
	expected int64
	events   []eventstore.NewEvent
	inline   []db.Write
	acks     []answer
	starts   []*attempt // after the commit
	reads    []*attempt // at once
	stops    []*attempt // cancelled after the commit
	counted  []*record  // for the meter
	created  bool
	ended    engine.State
	state    engine.State
	err      error // of the append
}

// activate feeds inputs and submits what came of it.
func (x *exec) activate(ins []input) {
	a := &activation{x: x, now: x.e.clock.Now().UTC().Truncate(time.Microsecond), inputs: ins}
	if err := a.prepare(); err != nil {
		x.stall(ins, fmt.Errorf("load execution %s: %w", x.key.execution, err))
		return
	}
	for i := range ins {
		a.apply(&ins[i])
	}
	if x.revive && x.l.ended == "" && !x.l.gated() {
		a.revive()
	}
	a.submit()
}

// prepare loads the execution if it is not in memory.
func (a *activation) prepare() error {
	x := a.x
	// A function that cannot be fed is not loaded again, nor is one whose end is
	// on its way to the disk.
	without := x.l != nil && (x.l.broken() || x.l.ended != "")
	if x.m != nil || without || (len(a.inputs) > 0 && a.inputs[0].kind == inStart) {
		if x.l != nil {
			a.expected = x.l.version
		}
		return nil
	}
	why, err := x.load()
	if err != nil {
		return err
	}
	a.expected = x.l.version
	x.publish(x.l.state())
	if x.l.ended != "" { // the list of open executions was behind
		x.vanish()
		return nil
	}
	if why != nil && !x.l.broken() {
		a.parkFunction(why)
	}
	return nil
}

// put appends a record and lets it act: on the ledger, on the machine, which
// answers with commands. It reports false if the function cannot go on; the
// record is then not there, and the execution is parked.
func (a *activation) put(r *record, meta eventstore.Meta) bool {
	x := a.x
	mark, starts, reads, stops, counted, saved := len(a.events), len(a.starts), len(a.reads), len(a.stops), len(a.counted), *x.l
	r.T = a.now.UnixMicro()
	a.append(r, meta)
	x.consume(r)
	a.collect()
	if x.m == nil || x.m.failed == nil {
		return true
	}
	why := x.m.failed
	x.m.teardown()
	x.m = nil
	for _, at := range append(a.starts[starts:], a.reads[reads:]...) {
		delete(x.running, at.call.Path)
	}
	a.events, a.starts, a.reads, a.ended = a.events[:mark], a.starts[:starts], a.reads[:reads], ""
	a.stops, a.counted = a.stops[:stops], a.counted[:counted]
	*x.l = saved
	a.parkFunction(why)
	return false
}

// putResult is put for what must be kept whatever the function does with it.
func (a *activation) putResult(r *record, meta eventstore.Meta) {
	if !a.put(r, meta) {
		a.append(r, meta)
		a.x.l.see(r)
	}
}

// append adds a record's event.
func (a *activation) append(r *record, meta eventstore.Meta) {
	l := a.x.l
	a.events = append(a.events, eventstore.NewEvent{Type: typeOf[r.kind], Data: r.public(a.x.public, l), Journal: r.encode(), Meta: meta})
	l.version++
	a.count(r)
}

// collect turns the commands that the machine emitted into records, and the
// steps it called into attempts.
func (a *activation) collect() {
	x := a.x
	for x.m != nil && x.m.failed == nil && len(x.m.emitted)+len(x.m.fresh)+len(x.m.aborts) > 0 {
		emitted, fresh, aborts := x.m.emitted, x.m.fresh, x.m.aborts
		x.m.emitted, x.m.fresh, x.m.aborts = nil, nil, nil
		for i := range emitted {
			a.command(&emitted[i])
		}
		for _, w := range fresh {
			if x.m != nil { // the failure of another step can end the function: it is revived later
				a.begin(w)
			}
		}
		for _, w := range aborts {
			if x.m != nil {
				a.abort(w)
			}
		}
	}
}

func (a *activation) command(c *command) {
	x := a.x
	r := &record{kind: c.kind, Path: c.path, Name: c.name}
	switch c.kind {
	case kindStepStarted:
		r.attempt = 1
	case kindTimerSet, kindWaitBegan:
		r.At = micro(c.w.at)
	case kindCompleted, kindFailed, kindCancelled:
		r.Out, r.Err = c.out, c.err
		r.duration = a.now.Sub(fromMicro(x.l.startedAt))
	}
	a.append(r, x.inherit())
	x.l.see(r)
	a.ended = x.l.ended
}

// ack answers a host's call once what it wrote is durable.
func (a *activation) ack(in *input, err error) {
	if in.ack == nil {
		return
	}
	if len(a.events) == 0 {
		a.x.reply(in, err)
		return
	}
	a.acks = append(a.acks, answer{in.ack, err})
}

// parkFunction parks the whole execution: its function cannot be fed.
func (a *activation) parkFunction(why *mismatch) {
	x := a.x
	err := why.asError()
	x.e.log.Error("execution parked", "workspace", x.key.workspace, "execution", x.key.execution,
		"reason", engine.ReasonNondeterministic, "workflow", x.l.info.Workflow, "step", why.step, "path", why.path, "error", err.Message, "stack", why.stack)
	r := &record{kind: kindParked, T: a.now.UnixMicro(), Reason: engine.ReasonNondeterministic, Name: why.step, Err: err}
	a.append(r, x.inherit())
	x.l.see(r)
}

// asError says what differs, where, and what to do about it.
func (w *mismatch) asError() *engine.Error {
	e := &engine.Error{Class: failure.Fatal, Code: engine.ReasonNondeterministic, Step: w.step, Path: w.path}
	where := "at path " + w.path
	if w.path == "" {
		where = "in the workflow function"
	}
	if w.record != 0 {
		where += fmt.Sprintf(" (record %d)", w.record)
	}
	if w.recorded == "" {
		e.Code = engine.CodePanic
		e.Message = fmt.Sprintf("%s: %s; start a build in which it does not happen, then resume", where, w.got)
		return e
	}
	e.Message = fmt.Sprintf("%s the journal has %s, the workflow function has %s; start a build that does what was recorded, then resume", where, w.recorded, w.got)
	return e
}

// inherit is the envelope of events that nobody outside asked for.
func (x *exec) inherit() eventstore.Meta {
	m := x.l.meta
	m.Actor = eventstore.Actor{Kind: "system", ID: "engine"}
	return m
}
