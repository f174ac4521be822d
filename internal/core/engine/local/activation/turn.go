package activation

import (
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Turn is one atomic append in the making: the records of the inputs that were
// fed and of the commands that they caused, and what is to be done once it is
// durable.
type Turn struct {
	Expected int64 // version of the stream before it
	Events   []eventstore.NewEvent
	Labels   engine.Labels // when created
	Inline   []db.Write
	Acks     []Ack
	Starts   []*attempt.Attempt // after the commit
	Reads    []*attempt.Attempt // at once
	Stops    []*attempt.Attempt // cancelled after the commit
	Children []*Child           // started after the commit
	Strays   []string           // children cancelled after the commit
	Counted  []*journal.Record  // that a meter wants to know of
	PutBack  []Input            // that have to wait until it is durable

	Created bool
	// Places counts the places that callers of Start and Release have for the
	// execution. With TookPlace it begins on the first of them; others may be too
	// many.
	Places    int
	TookPlace bool
	Continues bool // the next generation begins after the commit
	Ended     workflow.ExecutionState
	End       *journal.Record
	// Gone: the execution turned out to have ended before.
	Gone bool
	// Lost is why the execution, which had to be loaded again, could not be: there
	// are no events, and the inputs in PutBack were not fed.
	Lost error

	s      *State
	now    time.Time
	inputs []Input
}

// Ack is the answer to a host's call that is due.
type Ack struct {
	To  chan<- Result
	Err error
}

// Turn feeds inputs. An error says that the execution could not be loaded, with
// engine.ErrNotFound if it does not exist; then nothing has happened.
func (s *State) Turn(now time.Time, inputs []Input) (*Turn, error) {
	t := &Turn{s: s, now: now, inputs: inputs}
	if err := t.prepare(); err != nil {
		return nil, err
	}
	for i := range inputs {
		t.apply(&inputs[i])
		if t.Lost != nil {
			t.PutBack = append(t.PutBack, inputs[i+1:]...)
			return t, nil
		}
	}
	if s.revive && s.Ledger.Ended == "" && !s.Ledger.Gated() {
		t.revive()
	}
	return t, nil
}

// prepare loads the execution if it is not in memory.
func (t *Turn) prepare() error {
	s := t.s
	if len(t.inputs) > 0 && t.inputs[0].Kind == Create {
		return nil
	}
	var why *machine.Mismatch
	if s.Ledger == nil {
		var err error
		if why, err = s.Load(); err != nil {
			return err
		}
		if s.Ledger.Ended != "" { // the table of open executions was behind
			t.Gone = true
			return nil
		}
		if s.Ledger.Broken() && s.Machine != nil && !t.recovering() { // only a resume and a new process try it
			s.Machine.Close()
			s.Machine = nil
		}
	}
	t.Expected = s.Ledger.Version
	if err := t.preload(); err != nil {
		return err
	}
	if why != nil && !s.Ledger.Broken() {
		t.parkFunction(why)
	}
	return nil
}

// recovering reports whether this is the execution's first activation in this
// process.
func (t *Turn) recovering() bool {
	return slices.ContainsFunc(t.inputs, func(in Input) bool { return in.Kind == Recover })
}

// preload makes the function's argument before it begins.
func (t *Turn) preload() error {
	s := t.s
	if s.Ledger.Started || s.Ledger.Ended != "" {
		return nil
	}
	info := s.Ledger.Info
	if s.Ledger.Pending() {
		release := t.releasing()
		if release == nil {
			return nil
		}
		info.Version = pinned(s.Ledger.Info.Version, *release)
	}
	var err error
	s.loaded, err = s.host.LoadFor(info, s.Ledger.Input)
	return err
}

// releasing returns the release among the inputs that lets the function begin,
// or nil.
func (t *Turn) releasing() *engine.Release {
	for i := range t.inputs {
		if t.inputs[i].Kind == Release && t.inputs[i].Release.Refused == nil {
			return &t.inputs[i].Release
		}
	}
	return nil
}

// put appends a record and lets it act: on the ledger, on the machine, which
// answers with commands. It reports false if the function cannot go on; the
// record is then not there, and the execution is parked.
func (t *Turn) put(r *journal.Record, meta eventstore.Meta) bool {
	s := t.s
	before, saved := *t, *s.Ledger
	r.T = t.now.UnixMicro()
	t.append(r, meta)
	s.consume(r)
	t.collect()
	if s.Machine == nil || s.Machine.Failure() == nil {
		return true
	}
	why := s.Machine.Failure()
	s.Machine.Close()
	s.Machine = nil
	for _, at := range append(t.Starts[len(before.Starts):], t.Reads[len(before.Reads):]...) {
		delete(s.Running, at.Call.Path)
	}
	*t, *s.Ledger = before, saved // the maps of the ledger differ; it is loaded before they matter
	t.parkFunction(why)
	return false
}

// putResult is put for what must be kept whatever the function does with it.
func (t *Turn) putResult(r *journal.Record, meta eventstore.Meta) {
	if !t.put(r, meta) {
		t.append(r, meta)
		t.s.Ledger.See(r)
	}
}

// append adds a record's event.
func (t *Turn) append(r *journal.Record, meta eventstore.Meta) {
	t.Events = append(t.Events, r.Encode(t.s.Ledger, meta))
	t.s.Ledger.Version++
	t.count(r)
}

// keep is append for a record that the function has no part in.
func (t *Turn) keep(r *journal.Record, meta eventstore.Meta) {
	t.append(r, meta)
	t.s.Ledger.See(r)
}

// collect turns the commands that the function answered with into records, and
// the steps it called into attempts.
func (t *Turn) collect() {
	s := t.s
	for s.Machine != nil && s.Machine.Failure() == nil && s.Machine.Asks() {
		commands, steps, aborts := s.Machine.Take()
		for i := range commands {
			t.command(&commands[i])
		}
		for _, w := range steps {
			if s.Machine != nil { // the failure of another step can end the function: it is revived later
				t.beginStep(w)
			}
		}
		for _, w := range aborts {
			if s.Machine != nil {
				t.abort(w)
			}
		}
	}
}

func (t *Turn) command(c *machine.Command) {
	s := t.s
	r := &journal.Record{Type: recordOf[c.Type], Path: c.Path, Name: c.Name, N: c.N}
	switch c.Type {
	case machine.StepStarted:
		r.Attempt, r.Label = 1, c.Wait.Call.Label
	case machine.TimerSet, machine.WaitBegan:
		r.At = journal.Micro(c.Wait.At)
	case machine.ChildStarted:
		t.childStarted(r, c.Wait)
	case machine.Continued:
		r = s.Ledger.Continue(c.Out, s.Machine.Unread())
		s.warnOfLength()
		s.Machine.Close()
		s.Machine, s.loaded = nil, nil
		t.Continues = true
	case machine.Completed, machine.Failed, machine.Cancelled:
		r.Out, r.Err = c.Out, c.Err
		r.Duration = t.now.Sub(journal.Time(s.Ledger.StartedAt))
		t.End = r
	}
	t.keep(r, s.inherit())
	t.Ended = s.Ledger.Ended
}

// warnOfLength says that a generation has become longer than it should.
func (s *State) warnOfLength() {
	if n := s.Machine.Records(); n > engine.MaxGeneration {
		s.host.Log.Warn("a generation of an execution has grown too long; its workflow function should continue as new earlier",
			"workspace", s.workspace, "execution", s.execution, "generation", s.Ledger.Info.Generation, "records", n, "aim", engine.MaxGeneration)
	}
}

// ack answers a host's call once what was written is durable.
func (t *Turn) ack(in *Input, err error) {
	if in.Ack != nil {
		t.Acks = append(t.Acks, Ack{in.Ack, err})
	}
}

// parkFunction parks the whole execution: its function cannot be fed.
func (t *Turn) parkFunction(why *machine.Mismatch) {
	s := t.s
	err, reason := AsError(why), workflow.ReasonNondeterministic
	if why.Recorded == "" {
		reason = workflow.ReasonFunctionBroken
	}
	s.host.Log.Error("execution parked", "workspace", s.workspace, "execution", s.execution,
		"reason", reason, "workflow", s.Ledger.Info.Function, "step", why.Step, "path", why.Path, "error", err.Message, "stack", why.Stack)
	t.keep(&journal.Record{Type: journal.Parked, T: t.now.UnixMicro(), Reason: reason, Name: why.Step, Err: err}, s.inherit())
}

// count keeps a record that a meter wants to know of, once it is durable.
func (t *Turn) count(r *journal.Record) {
	switch r.Type {
	case journal.StepCompleted, journal.StepFailed, journal.StepRetrying, journal.Completed, journal.Failed, journal.Cancelled:
		t.Counted = append(t.Counted, r)
	}
}
