package local

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// activation is one atomic append in the making: the inputs that were fed, the
// commands that they caused, and what is to be done once it is durable.
type activation struct {
	x         *execution
	now       time.Time
	inputs    []input
	expected  int64
	events    []eventstore.NewEvent
	labels    engine.Labels // when created
	inline    []db.Write
	acks      []acknowledgement
	starts    []*attempt // after the commit
	reads     []*attempt // at once
	stops     []*attempt // cancelled after the commit
	children  []*child   // started after the commit
	strays    []string   // children cancelled after the commit
	counted   []*journal.Record
	created   bool
	tookPlace bool // over from the caller
	continues bool // the next generation begins after the commit
	ended     workflow.ExecutionState
	output    *journal.Record // the end
	parent    *engine.Parent  // that hears of it
	end       *childEnd
	row       openset.Row
	err       error // of the append
	lost      error // why the execution, which had to be loaded again, could not be: nothing was appended
}

// activate feeds inputs and submits what came of it.
func (x *execution) activate(ins []input) {
	a := &activation{x: x, now: x.engine.now(), inputs: ins}
	if err := a.prepare(); err != nil {
		x.unloadable(ins, err)
		return
	}
	for i := range ins {
		a.apply(&ins[i])
		if a.lost != nil {
			x.stall(ins[i+1:], a.lost)
			return
		}
	}
	if x.revive && x.ledger.Ended == "" && !x.ledger.Gated() {
		a.revive()
	}
	a.submit()
}

// prepare loads the execution if it is not in memory.
func (a *activation) prepare() error {
	x := a.x
	if len(a.inputs) > 0 && a.inputs[0].typ == inStart {
		return nil
	}
	var why *machine.Mismatch
	if x.ledger == nil {
		var err error
		if why, err = x.load(); err != nil {
			return err
		}
		if x.ledger.Ended != "" { // the table of open executions was behind
			x.engine.open.Gone(x.key)
			x.vanish(nil)
			return nil
		}
		if x.ledger.Broken() && x.machine != nil && !a.recovering() { // only a resume and a new process try it
			x.machine.Close()
			x.machine = nil
		}
	}
	a.expected = x.ledger.Version
	if err := a.preload(); err != nil {
		return err
	}
	if why != nil && !x.ledger.Broken() {
		a.parkFunction(why)
	}
	return nil
}

// recovering reports whether this is the execution's first activation in this
// process.
func (a *activation) recovering() bool {
	return slices.ContainsFunc(a.inputs, func(in input) bool { return in.typ == inRecover })
}

// preload makes the function's argument before it begins.
func (a *activation) preload() error {
	x := a.x
	if x.ledger.Started || x.ledger.Ended != "" {
		return nil
	}
	info := x.ledger.Info
	if x.ledger.Pending() {
		release := a.releasing()
		if release == nil {
			return nil
		}
		info.Version = pinned(x.ledger.Info.Version, *release)
	}
	var err error
	x.loaded, err = x.engine.loadFor(info, x.ledger.Input)
	return err
}

// releasing returns the release among the inputs that lets the function begin,
// or nil.
func (a *activation) releasing() *engine.Release {
	for i := range a.inputs {
		if a.inputs[i].typ == inRelease && a.inputs[i].release.Refused == nil {
			return &a.inputs[i].release
		}
	}
	return nil
}

// loadFor calls the Load of an execution's function. A permanent error becomes
// the argument, and the function ends with it; nil stands for a function that
// this build does not have.
func (e *Engine) loadFor(info engine.Info, input []byte) (any, error) {
	f := e.options.Registry.Function(info.Function)
	if f == nil {
		return nil, nil
	}
	loaded, err := guardedLoad(context.WithoutCancel(e.steps), f, info, input)
	var known *failure.Error // an error without a class says nothing about the input
	switch {
	case err == nil:
		return loaded, nil
	case errors.As(err, &known) && (known.Class == failure.Validation || known.Class == failure.Fatal):
		return err, nil
	}
	return nil, fmt.Errorf("load what %s needs: %w", info.Function, err)
}

// guardedLoad turns a panic of Load into an error.
func guardedLoad(ctx context.Context, f *engine.FunctionSpec, info engine.Info, input []byte) (loaded any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = failure.Wrap(fmt.Errorf("%s", debug.Stack()), failure.Fatal, engine.CodePanic, "loading what %s needs panicked: %v", info.Function, p)
		}
	}()
	return f.Load(ctx, info, input)
}

// put appends a record and lets it act: on the ledger, on the machine, which
// answers with commands. It reports false if the function cannot go on; the
// record is then not there, and the execution is parked.
func (a *activation) put(r *journal.Record, meta eventstore.Meta) bool {
	x := a.x
	before, saved := *a, *x.ledger
	r.T = a.now.UnixMicro()
	a.append(r, meta)
	x.consume(r)
	a.collect()
	if x.machine == nil || x.machine.Failure() == nil {
		return true
	}
	why := x.machine.Failure()
	x.machine.Close()
	x.machine = nil
	for _, at := range append(a.starts[len(before.starts):], a.reads[len(before.reads):]...) {
		delete(x.running, at.call.Path)
	}
	*a, *x.ledger = before, saved // the maps of the ledger differ; it is loaded before they matter
	a.parkFunction(why)
	return false
}

// putResult is put for what must be kept whatever the function does with it.
func (a *activation) putResult(r *journal.Record, meta eventstore.Meta) {
	if !a.put(r, meta) {
		a.append(r, meta)
		a.x.ledger.See(r)
	}
}

// append adds a record's event.
func (a *activation) append(r *journal.Record, meta eventstore.Meta) {
	a.events = append(a.events, r.Encode(a.x.ledger, meta))
	a.x.ledger.Version++
	a.count(r)
}

// keep is append for a record that the function has no part in.
func (a *activation) keep(r *journal.Record, meta eventstore.Meta) {
	a.append(r, meta)
	a.x.ledger.See(r)
}

// collect turns the commands that the function answered with into records, and
// the steps it called into attempts.
func (a *activation) collect() {
	x := a.x
	for x.machine != nil && x.machine.Failure() == nil && x.machine.Asks() {
		commands, steps, aborts := x.machine.Take()
		for i := range commands {
			a.command(&commands[i])
		}
		for _, w := range steps {
			if x.machine != nil { // the failure of another step can end the function: it is revived later
				a.beginStep(w)
			}
		}
		for _, w := range aborts {
			if x.machine != nil {
				a.abort(w)
			}
		}
	}
}

func (a *activation) command(c *machine.Command) {
	x := a.x
	r := &journal.Record{Type: journal.OfCommand(c.Type), Path: c.Path, Name: c.Name, N: c.N}
	switch c.Type {
	case machine.StepStarted:
		r.Attempt, r.Label = 1, c.Wait.Call.Label
	case machine.TimerSet, machine.WaitBegan:
		r.At = journal.Micro(c.Wait.At)
	case machine.ChildStarted:
		a.childStarted(r, c.Wait)
	case machine.Continued:
		r = x.ledger.Continue(c.Out, x.machine.Unread())
		x.warnOfLength()
		x.machine.Close()
		x.machine, x.loaded = nil, nil
		a.continues = true
	case machine.Completed, machine.Failed, machine.Cancelled:
		r.Out, r.Err = c.Out, c.Err
		r.Duration = a.now.Sub(journal.Time(x.ledger.StartedAt))
		a.output = r
	}
	a.keep(r, x.inherit())
	a.ended = x.ledger.Ended
}

// warnOfLength says that a generation has become longer than it should.
func (x *execution) warnOfLength() {
	if n := x.machine.Records(); n > engine.MaxGeneration {
		x.engine.log.Warn("a generation of an execution has grown too long; its workflow function should continue as new earlier",
			"workspace", x.key.Workspace, "execution", x.key.Execution, "generation", x.ledger.Info.Generation, "records", n, "aim", engine.MaxGeneration)
	}
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
	a.acks = append(a.acks, acknowledgement{in.ack, err})
}

// parkFunction parks the whole execution: its function cannot be fed.
func (a *activation) parkFunction(why *machine.Mismatch) {
	x := a.x
	err := asError(why)
	x.engine.log.Error("execution parked", "workspace", x.key.Workspace, "execution", x.key.Execution,
		"reason", workflow.ReasonNondeterministic, "workflow", x.ledger.Info.Function, "step", why.Step, "path", why.Path, "error", err.Message, "stack", why.Stack)
	a.keep(&journal.Record{Type: journal.Parked, T: a.now.UnixMicro(), Reason: workflow.ReasonNondeterministic, Name: why.Step, Err: err}, x.inherit())
}

// asError says what differs, where, and what to do about it.
func asError(w *machine.Mismatch) *engine.Error {
	e := &engine.Error{Class: failure.Fatal, Code: workflow.ReasonNondeterministic, Step: w.Step, Path: w.Path}
	where := "at path " + w.Path
	if w.Path == "" {
		where = "in the workflow function"
	}
	if w.Record != 0 {
		where += fmt.Sprintf(" (record %d)", w.Record)
	}
	if w.Recorded == "" {
		e.Code = engine.CodePanic
		e.Message = fmt.Sprintf("%s: %s; start a build in which it does not happen, then resume", where, w.Got)
		return e
	}
	e.Message = fmt.Sprintf("%s the journal has %s, the workflow function has %s; start a build that does what was recorded, then resume", where, w.Recorded, w.Got)
	return e
}

// inherit is the envelope of events that no one outside asked for.
func (x *execution) inherit() eventstore.Meta {
	m := x.ledger.Meta
	m.Actor = eventstore.Actor{Type: "system", ID: "engine"}
	return m
}

// by is the envelope of what a caller asked for.
func (x *execution) by(m eventstore.Meta) eventstore.Meta {
	if m.Correlation == "" {
		m.Correlation = x.ledger.Meta.Correlation
	}
	if m.TraceParent == "" {
		m.TraceParent = x.ledger.Meta.TraceParent
	}
	return m
}

// count keeps a record that a meter wants to know of, once it is durable.
func (a *activation) count(r *journal.Record) {
	if a.x.engine.options.Meter == nil {
		return
	}
	switch r.Type {
	case journal.StepCompleted, journal.StepFailed, journal.StepRetrying, journal.Completed, journal.Failed, journal.Cancelled:
		a.counted = append(a.counted, r)
	}
}

// measure tells the meter what has become durable.
func (a *activation) measure() {
	m := a.x.engine.options.Meter
	for _, r := range a.counted {
		switch r.Type {
		case journal.StepCompleted, journal.StepFailed:
			m.StepEnded(r.Name, r.Type == journal.StepCompleted, r.Duration)
		case journal.StepRetrying:
			m.StepRetried(r.Name, r.Err.Class)
		case journal.Completed:
			m.ExecutionEnded(a.row.Kind, workflow.Completed, r.Duration)
		case journal.Failed:
			m.ExecutionEnded(a.row.Kind, workflow.Failed, r.Duration)
		case journal.Cancelled:
			m.ExecutionEnded(a.row.Kind, workflow.Cancelled, r.Duration)
		}
	}
}
