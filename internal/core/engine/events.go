package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Public events, the same for every engine, on streams of type StreamType. The
// streams are labelled with the kind and the definition; Shown puts them back
// into the data that people see.
const (
	EventCreated         = "execution.created"
	EventStarted         = "execution.started"
	EventStepStarted     = "execution.step_started"
	EventStepCompleted   = "execution.step_completed"
	EventStepFailed      = "execution.step_failed"
	EventStepRetrying    = "execution.step_retrying"
	EventWaiting         = "execution.waiting"
	EventChildStarted    = "execution.child_started"
	EventChildEnded      = "execution.child_ended"
	EventPaused          = "execution.paused"
	EventResumed         = "execution.resumed"
	EventParked          = "execution.parked"
	EventUnparked        = "execution.unparked"
	EventCancelRequested = "execution.cancel_requested"
	EventCompensating    = "execution.compensating"
	EventContinued       = "execution.continued"
	EventCompleted       = "execution.completed"
	EventFailed          = "execution.failed"
	EventCancelled       = "execution.cancelled"
)

// EventTypes lists the public events in the order of a life.
func EventTypes() []string {
	return []string{EventCreated, EventStarted, EventStepStarted, EventStepCompleted, EventStepFailed, EventStepRetrying, EventWaiting,
		EventChildStarted, EventChildEnded, EventPaused, EventResumed, EventParked, EventUnparked, EventCancelRequested,
		EventCompensating, EventContinued, EventCompleted, EventFailed, EventCancelled}
}

// IsEnd reports whether an event is the last one of its execution.
func IsEnd(eventType string) bool {
	return eventType == EventCompleted || eventType == EventFailed || eventType == EventCancelled
}

// Labels are the labels of an execution's stream.
type Labels struct {
	Kind       string `json:"kind"`
	Definition string `json:"definition"`
	// Child: another execution waits for this one; it takes no lane of its own.
	Child bool `json:"is_child,omitempty"` // not "child", which events of children have
}

// Encode returns the labels as a stream carries them.
func (l Labels) Encode() json.RawMessage {
	raw, _ := json.Marshal(l) // strings always encode
	return raw
}

// DecodeLabels reads the labels of a stream; what is missing stays empty.
func DecodeLabels(raw json.RawMessage) Labels {
	var l Labels
	for name, value := range members(raw) {
		switch name {
		case "kind":
			l.Kind = text(value)
		case "definition":
			l.Definition = text(value)
		case "is_child":
			l.Child = value[0] == 't'
		}
	}
	return l
}

// Created is the data of execution.created.
type Created struct {
	Function string  `json:"function"`
	Engine   string  `json:"engine"`
	Version  int     `json:"version,omitempty"` // zero: pinned by execution.started
	Priority int     `json:"priority,omitempty"`
	Private  bool    `json:"private,omitempty"`
	Parent   *Parent `json:"parent,omitempty"`
	Origin   *Origin `json:"origin,omitempty"`
	// Root is the execution that the keys and the blobs of a redrive belong to;
	// empty: its own.
	Root  string          `json:"root,omitempty"`
	Input json.RawMessage `json:"input,omitempty"` // absent for {} and when private
	// Extra is a JSON object whose members stand beside the others.
	Extra json.RawMessage `json:"-"`
}

// Encode returns the event's data.
func (c *Created) Encode() json.RawMessage {
	raw, _ := json.Marshal(c) // the engine has checked its JSON
	if inner := inside(c.Extra); len(inner) > 0 {
		raw = append(append(append(raw[:len(raw)-1], ','), inner...), '}')
	}
	return raw
}

// DecodeCreated reads the data of execution.created; Extra is the whole of it.
func DecodeCreated(data json.RawMessage) (Created, error) {
	c := Created{Extra: data}
	err := json.Unmarshal(data, &c)
	return c, err
}

// ReadCreated reads with what an execution was created; ErrNotFound if there is
// none.
func ReadCreated(ctx context.Context, store eventstore.Store, workspace, execution string) (Created, error) {
	events, err := store.ReadStream(ctx, eventstore.StreamID{Workspace: workspace, Type: StreamType, ID: execution}, 0, 1)
	if err != nil {
		return Created{}, err
	}
	if len(events) == 0 {
		return Created{}, ErrNotFound
	}
	return DecodeCreated(events[0].Data)
}

// EncodeStarted returns the data of execution.started.
func EncodeStarted(version, generation int) json.RawMessage {
	b := strconv.AppendInt([]byte(`{"version":`), int64(version), 10)
	return append(appendGeneration(b, generation), '}')
}

// DecodeStarted reads what EncodeStarted wrote.
func DecodeStarted(data json.RawMessage) (version, generation int) {
	generation = 1
	for name, value := range members(data) {
		switch name {
		case "version":
			version = int(number(value))
		case "generation":
			generation = int(number(value))
		}
	}
	return version, generation
}

// EncodeContinued returns the data of execution.continued: the generation that
// begins.
func EncodeContinued(generation int) json.RawMessage {
	return append(strconv.AppendInt([]byte(`{"generation":`), int64(generation), 10), '}')
}

// StepEvent is the data of the four step events. Zero values are not written.
type StepEvent struct {
	Step, Path, Label string
	Generation        int // zero is written as one is
	Attempt           int // zero is written as one is
	ReadOnly          bool
	Duration          time.Duration // of the last attempt; only of ended steps; milliseconds on the wire
	NextAt            time.Time     // only of step_retrying
	Error             *Error        // only written
	// Failure is the error as a reader gets it: its JSON and its class.
	Failure json.RawMessage
	Class   string
}

// EncodeStep returns the data of a step event of a type.
func EncodeStep(eventType string, s *StepEvent) json.RawMessage {
	// Names and paths need no escaping.
	b := append(make([]byte, 0, 64+len(s.Step)+len(s.Path)), `{"step":"`...)
	b = append(append(b, s.Step...), `","path":"`...)
	b = append(append(b, s.Path...), '"')
	if s.Label != "" {
		b = append(append(b, `,"label":`...), quote(s.Label)...)
	}
	b = appendGeneration(b, s.Generation)
	if s.Attempt > 1 {
		b = strconv.AppendInt(append(b, `,"attempt":`...), int64(s.Attempt), 10)
	}
	if s.ReadOnly {
		b = append(b, `,"read_only":true`...)
	}
	switch eventType {
	case EventStepCompleted, EventStepFailed:
		b = strconv.AppendInt(append(b, `,"duration_ms":`...), s.Duration.Milliseconds(), 10)
	case EventStepRetrying:
		b = append(append(b, `,"class":`...), quote(string(s.Error.Class))...)
		b = append(append(b, `,"code":`...), quote(s.Error.Code)...)
		b = append(append(b, `,"message":`...), quote(s.Error.Message)...)
		b = s.NextAt.UTC().AppendFormat(append(b, `,"next_at":"`...), "2006-01-02T15:04:05.000000Z")
		b = append(b, '"')
	}
	return append(appendError(b, s.Error), '}')
}

// DecodeStep reads the data of a step event, or of execution.parked, which names
// a step the same way. Every event of a store passes here, so it walks the JSON
// instead of decoding it.
func DecodeStep(data json.RawMessage) StepEvent {
	s := StepEvent{Generation: 1, Attempt: 1}
	for name, value := range members(data) {
		switch name {
		case "step":
			s.Step = text(value)
		case "path":
			s.Path = text(value)
		case "label":
			s.Label = text(value)
		case "generation":
			s.Generation = int(number(value))
		case "attempt":
			s.Attempt = int(number(value))
		case "read_only":
			s.ReadOnly = value[0] == 't'
		case "duration_ms":
			s.Duration = time.Duration(number(value)) * time.Millisecond
		case "error":
			s.Failure, s.Class = value, text(member(value, "class"))
		case "next_at":
			s.NextAt, _ = time.Parse(time.RFC3339Nano, text(value)) // written by EncodeStep
		}
	}
	return s
}

// Waiting is the data of execution.waiting: what the function waits for.
type Waiting struct {
	Name       string     `json:"name"` // of the signal; several are separated by commas
	Until      *time.Time `json:"until,omitempty"`
	Path       string     `json:"path"`
	Generation int        `json:"generation,omitempty"` // absent: 1
}

// ChildEvent is the data of execution.child_started and child_ended.
type ChildEvent struct {
	Child      string `json:"child"` // its execution
	Function   string `json:"function"`
	Path       string `json:"path"`
	Generation int    `json:"generation,omitempty"` // absent: 1
	State      string `json:"state,omitempty"`      // only of child_ended
	Error      *Error `json:"error,omitempty"`
}

// Parked is the data of execution.parked.
type Parked struct {
	Reason     string     `json:"reason"`
	Step       string     `json:"step,omitempty"`
	Path       string     `json:"path,omitempty"`
	Label      string     `json:"label,omitempty"`
	Generation int        `json:"generation,omitempty"` // absent: 1
	Until      *time.Time `json:"until,omitempty"`
	Error      *Error     `json:"error,omitempty"`
}

// EncodeEvent returns the data of one of the rarer events.
func EncodeEvent(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil { // only a broken Detail of an error can do that
		return json.RawMessage(`{}`)
	}
	return raw
}

// EncodeEnded returns the data of the three end events. began says whether the
// execution ever left pending.
func EncodeEnded(began bool, output json.RawMessage, err *Error, duration time.Duration) json.RawMessage {
	b := append(make([]byte, 0, 64+len(output)), `{"duration_ms":`...)
	b = strconv.AppendInt(b, duration.Milliseconds(), 10)
	if !began {
		b = append(b, `,"began":false`...)
	}
	if len(output) > 0 && string(output) != "{}" {
		b = append(append(b, `,"output":`...), output...)
	}
	return append(appendError(b, err), '}')
}

// DecodeBegan reports from the data of an end event whether the execution ever
// left pending.
func DecodeBegan(data json.RawMessage) bool {
	began := member(data, "began")
	return len(began) == 0 || began[0] == 't'
}

// DecodeEnded returns output and error of an end event, nil where there is none.
func DecodeEnded(data json.RawMessage) (output, failure json.RawMessage) {
	for name, value := range members(data) {
		switch name {
		case "output":
			output = value
		case "error":
			failure = value
		}
	}
	return output, failure
}

// Shown returns an event's data as people see it: with the labels of its stream
// in front, and with what is left out because it is nearly always the same.
func Shown(eventType string, labels, data json.RawMessage) json.RawMessage {
	parts := [][]byte{inside(labels), inside(data)}
	switch eventType {
	case EventStepStarted, EventStepCompleted, EventStepFailed, EventStepRetrying:
		for _, usual := range []struct{ name, member string }{
			{"generation", `"generation":1`}, {"attempt", `"attempt":1`}, {"read_only", `"read_only":false`}} {
			if member(data, usual.name) == nil {
				parts = append(parts, []byte(usual.member))
			}
		}
	}
	parts = slices.DeleteFunc(parts, func(p []byte) bool { return len(p) == 0 })
	out := append(make([]byte, 0, len(labels)+len(data)+64), '{')
	for i, p := range parts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, p...)
	}
	return append(out, '}')
}

func appendGeneration(b []byte, generation int) []byte {
	if generation > 1 {
		b = strconv.AppendInt(append(b, `,"generation":`...), int64(generation), 10)
	}
	return b
}

func appendError(b []byte, err *Error) []byte {
	if err == nil {
		return b
	}
	raw, failed := json.Marshal(err)
	if failed != nil { // only a broken Detail can do that
		plain := *err
		plain.Detail = nil
		raw, _ = json.Marshal(&plain)
	}
	return append(append(b, `,"error":`...), raw...)
}

func quote(s string) []byte {
	raw, _ := json.Marshal(s) // a string always encodes
	return raw
}
