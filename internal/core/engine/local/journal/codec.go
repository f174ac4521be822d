package journal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// empty is the JSON that is not written: what is absent decodes to it.
const empty = "{}"

// Encode returns the event of a record. l is the ledger before the record.
func (r *Record) Encode(l *Ledger, meta eventstore.Meta) eventstore.NewEvent {
	return eventstore.NewEvent{Type: eventOf[r.Type], Data: r.public(l), Journal: r.private(l), Meta: meta}
}

// private returns the journal column: what the public data does not say.
func (r *Record) private(l *Ledger) []byte {
	p := *r
	switch r.Type {
	case StepStarted, WaitBegan:
		return nil // the public data says all
	case Started, StepCompleted, TimerSet, TimerFired:
		return r.frequent()
	case StepFailed, ChildStarted, ChildEnded:
		p.Path, p.Name, p.Child, p.Err = "", "", "", nil
		if string(p.Out) == empty {
			p.Out = nil
		}
	case Compensating:
		p.Path = ""
	case StepRetrying:
		p.Path, p.Name, p.At, p.Err, p.Unknown = "", "", 0, nil, false
	case Parked:
		p.Path, p.Name, p.At, p.Err, p.Unknown, p.Reason = "", "", 0, nil, false, ""
	case Created:
		p.Begin = r.Begin.private()
	case Completed, Failed, Cancelled:
		p.Path, p.Name, p.Err, p.T = "", "", nil, 0
		if !l.Private || string(p.Out) == empty {
			p.Out = nil
		}
	}
	if !r.Type.fed() {
		p.T = 0
	}
	raw, err := json.Marshal(&p)
	if err != nil || string(raw) == empty { // the engine has checked its JSON
		return nil
	}
	return raw
}

// fed reports whether the function is told when it happened.
func (t Type) fed() bool { return !t.IsCommand() && !t.IsNote() && t != Created && t != Parked }

// private is what of a beginning the public data does not say; nil for nothing.
func (b *Begin) private() *Begin {
	p := Begin{Root: b.Root, Unread: b.Unread, Continues: b.Continues}
	if b.Private || b.Continues {
		p.Input = b.Input
	}
	if p.Root == nil && len(p.Unread) == 0 && len(p.Input) == 0 {
		return nil
	}
	return &p
}

// frequent writes the records that every execution has by hand. It relies on
// paths that need no escaping.
func (r *Record) frequent() []byte {
	b := append(make([]byte, 0, 64+len(r.Out)), '{')
	member := func(name string) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":`...)
	}
	if r.Type.fed() {
		member("t")
		b = strconv.AppendInt(b, r.T, 10)
	}
	if r.Type == TimerSet || r.Type == TimerFired {
		member("path")
		b = append(append(append(b, '"'), r.Path...), '"')
	}
	if r.At != 0 {
		member("at")
		b = strconv.AppendInt(b, r.At, 10)
	}
	if len(r.Out) > 0 && string(r.Out) != empty {
		member("out")
		b = append(b, r.Out...)
	}
	return append(b, '}')
}

// public returns the data column, nil for private records.
func (r *Record) public(l *Ledger) json.RawMessage {
	switch r.Type {
	case Created:
		return r.Begin.created(r.Extra).Encode()
	case Started:
		return engine.EncodeStarted(r.Version, l.Info.Generation)
	case StepStarted, StepCompleted, StepFailed, StepRetrying:
		s := engine.StepEvent{Step: r.Name, Path: r.Path, Label: r.Label, Generation: l.Info.Generation, Attempt: r.Attempt,
			ReadOnly: r.ReadOnly, Duration: r.Duration, Error: r.Err, NextAt: Time(r.At)}
		return engine.EncodeStep(eventOf[r.Type], &s)
	case WaitBegan:
		return engine.EncodeEvent(engine.Waiting{Name: r.Name, Path: r.Path, Generation: l.generation(), Until: until(r.At)})
	case ChildStarted, ChildEnded:
		c := engine.ChildEvent{Child: r.Child, Function: r.Name, Path: r.Path, Generation: l.generation(), Error: r.Err}
		if r.Type == ChildEnded {
			c.State = string(r.State)
		}
		return engine.EncodeEvent(c)
	case Parked:
		return engine.EncodeEvent(r.parked(l))
	case Continued:
		return engine.EncodeContinued(r.Begin.Generation)
	case Completed, Failed, Cancelled:
		out := r.Out
		if l.Private {
			out = nil
		}
		return engine.EncodeEnded(!l.Pending(), out, r.Err, r.Duration)
	case Paused, Resumed, Unparked, CancelRequested:
		return json.RawMessage(empty)
	case Compensating:
		return json.RawMessage(`{"path":"` + r.Path + `"}`)
	}
	return nil
}

func (b *Begin) created(extra json.RawMessage) *engine.Created {
	c := &engine.Created{Function: b.Function, Engine: b.Engine, Version: b.Version, Priority: b.Priority, Private: b.Private,
		Parent: b.Parent, Origin: b.Origin, Extra: extra}
	if b.Root != nil {
		c.Root = b.Root.Execution
	}
	switch {
	case b.Private:
	case b.Continues:
		c.Input = b.Shown
	default:
		c.Input = b.Input
	}
	return c
}

func (r *Record) parked(l *Ledger) engine.Parked {
	p := engine.Parked{Reason: r.Reason, Step: r.Name, Path: r.Path, Label: r.Label, Generation: l.generation(), Error: r.Err, Until: until(r.At)}
	if p.Path == "" && r.Err != nil { // the whole function is parked: where it differs
		p.Path = r.Err.Path
	}
	return p
}

func until(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	at := Time(us)
	return &at
}

// Decode reads a record back. Events that the engine did not write are of type
// Other.
func Decode(ev *eventstore.Event) (*Record, error) {
	t, ok := typeOf[ev.Type]
	if !ok {
		return &Record{Type: Other}, nil
	}
	r := &Record{Type: t}
	if len(ev.Journal) > 0 {
		if err := json.Unmarshal(ev.Journal, r); err != nil {
			return nil, fmt.Errorf("record %d of %s does not decode: %w", ev.Version, ev.Stream, err)
		}
	}
	if r.V > Version {
		return nil, fmt.Errorf("record %d of %s has version %d, this build knows up to %d; use the build that wrote it", ev.Version, ev.Stream, r.V, Version)
	}
	if err := r.addPublic(ev.Data); err != nil {
		return nil, fmt.Errorf("record %d of %s does not decode: %w", ev.Version, ev.Stream, err)
	}
	return r, nil
}

// addPublic takes from the public data what the journal column leaves out.
func (r *Record) addPublic(data json.RawMessage) error {
	switch r.Type {
	case Created:
		return r.beginning(data)
	case Started:
		r.Version, _ = engine.DecodeStarted(data)
	case StepStarted, StepCompleted, StepFailed, StepRetrying:
		s := engine.DecodeStep(data)
		r.Path, r.Name, r.Label, r.Attempt, r.ReadOnly, r.Duration, r.At = s.Path, s.Step, s.Label, s.Attempt, s.ReadOnly, s.Duration, Micro(s.NextAt)
		if r.Type == StepCompleted && len(r.Out) == 0 {
			r.Out = json.RawMessage(empty)
		}
		err := r.failure(s.Failure)
		r.Unknown = r.Type == StepRetrying && r.Err != nil && r.Err.Unknown
		return err
	case WaitBegan:
		var w engine.Waiting
		err := json.Unmarshal(data, &w)
		r.Path, r.Name, r.At = w.Path, w.Name, fromUntil(w.Until)
		return err
	case ChildStarted, ChildEnded:
		var c engine.ChildEvent
		err := json.Unmarshal(data, &c)
		r.Path, r.Name, r.Child, r.Err, r.State = c.Path, c.Function, c.Child, c.Error, workflow.ExecutionState(c.State)
		if r.Type == ChildEnded && r.Err == nil && len(r.Out) == 0 {
			r.Out = json.RawMessage(empty)
		}
		return err
	case Parked:
		return r.fromParked(data)
	case Compensating:
		r.Path = engine.DecodeStep(data).Path
	case Completed, Failed, Cancelled:
		output, failed := engine.DecodeEnded(data)
		if len(r.Out) == 0 {
			r.Out = output
		}
		if r.Type == Completed && len(r.Out) == 0 {
			r.Out = json.RawMessage(empty)
		}
		return r.failure(failed)
	}
	return nil
}

func (r *Record) beginning(data json.RawMessage) error {
	c, err := engine.DecodeCreated(data)
	b := Begin{}
	if r.Begin != nil {
		b = *r.Begin
	}
	b.Function, b.Engine, b.Version, b.Priority, b.Private, b.Parent, b.Origin = c.Function, c.Engine, c.Version, c.Priority, c.Private, c.Parent, c.Origin
	if !b.Private && !b.Continues {
		b.Input = c.Input
	}
	r.Begin = &b
	return err
}

func (r *Record) fromParked(data json.RawMessage) error {
	var p engine.Parked
	err := json.Unmarshal(data, &p)
	r.Reason, r.Name, r.Label, r.Err, r.At = p.Reason, p.Step, p.Label, p.Error, fromUntil(p.Until)
	if r.Reason != workflow.ReasonNondeterministic && r.Reason != workflow.ReasonFunctionBroken { // otherwise the whole function is parked
		r.Path = p.Path
	}
	r.Unknown = r.Err != nil && r.Err.Unknown
	return err
}

func fromUntil(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMicro()
}

func (r *Record) failure(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	r.Err = &engine.Error{}
	return json.Unmarshal(raw, r.Err)
}
