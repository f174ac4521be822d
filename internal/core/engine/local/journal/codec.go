package journal

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
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
	case StepStarted, Compensating:
		if r.Reason == "" {
			return nil // the public data says all
		}
	case Started, StepCompleted, TimerSet, TimerFired:
		return r.frequent()
	case StepFailed:
		p.Path, p.Name, p.Err = "", "", nil
	case Created:
		p.Begin, p.T = r.Begin.private(), 0
	case Completed, Failed, Cancelled:
		p.Path, p.Name, p.Err, p.T = "", "", nil, 0
		if !l.Private || string(p.Out) == empty {
			p.Out = nil
		}
	}
	raw, err := json.Marshal(&p)
	if err != nil && p.Err != nil { // a step's Detail that is not JSON
		plain := *p.Err
		plain.Detail = nil
		p.Err = &plain
		raw, _ = json.Marshal(&p)
	}
	if string(raw) == empty {
		return nil
	}
	return raw
}

// private is what of a beginning the public data does not say; nil for nothing.
func (b *Begin) private() *Begin {
	p := Begin{Root: b.Root}
	if b.Private {
		p.Input = b.Input
	}
	if p.Root == nil && len(p.Input) == 0 {
		return nil
	}
	return &p
}

// frequent writes the records that every execution has by hand. It relies on
// paths that need no escaping.
func (r *Record) frequent() []byte {
	b := strconv.AppendInt(append(make([]byte, 0, 64+len(r.Out)), `{"t":`...), r.T, 10)
	if r.Type == TimerSet || r.Type == TimerFired {
		b = append(append(append(b, `,"path":"`...), r.Path...), '"')
	}
	if r.At != 0 {
		b = strconv.AppendInt(append(b, `,"at":`...), r.At, 10)
	}
	if len(r.Out) > 0 && string(r.Out) != empty {
		b = append(append(b, `,"out":`...), r.Out...)
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
		w := engine.Waiting{Name: r.Name, Path: r.Path, Generation: l.generation()}
		if r.At != 0 {
			until := Time(r.At)
			w.Until = &until
		}
		return engine.EncodeEvent(w)
	case ChildStarted, ChildEnded:
		c := engine.ChildEvent{Child: r.Child, Function: r.Name, Path: r.Path, Generation: l.generation(), Error: r.Err}
		if r.Type == ChildEnded {
			c.State = string(r.ChildState())
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
	if !b.Private {
		c.Input = b.Input
	}
	return c
}

func (r *Record) parked(l *Ledger) engine.Parked {
	p := engine.Parked{Reason: r.Reason, Step: r.Name, Path: r.Path, Label: r.Label, Generation: l.generation(), Error: r.Err}
	if p.Path == "" && r.Err != nil { // the whole function is parked: where it differs
		p.Path = r.Err.Path
	}
	if r.At != 0 {
		until := Time(r.At)
		p.Until = &until
	}
	return p
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
	case StepStarted, StepCompleted, StepFailed:
		s := engine.DecodeStep(data)
		r.Path, r.Name, r.Label = s.Path, s.Step, s.Label
		if r.Type == StepCompleted && len(r.Out) == 0 {
			r.Out = json.RawMessage(empty)
		}
		return r.failure(s.Failure)
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
	if !b.Private {
		b.Input = c.Input
	}
	r.Begin = &b
	return err
}

func (r *Record) failure(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	r.Err = &engine.Error{}
	return json.Unmarshal(raw, r.Err)
}
