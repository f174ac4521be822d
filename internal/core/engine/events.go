package engine

import (
	"encoding/json"
	"strconv"
	"time"
)

// Public events, the same for every backend, on streams of type StreamType.
// Their data always has kind and definition.
const (
	EventCreated         = "execution.created"
	EventStarted         = "execution.started"
	EventStepStarted     = "execution.step_started"
	EventStepCompleted   = "execution.step_completed"
	EventStepFailed      = "execution.step_failed"
	EventStepRetrying    = "execution.step_retrying"
	EventPaused          = "execution.paused"
	EventResumed         = "execution.resumed"
	EventParked          = "execution.parked"
	EventUnparked        = "execution.unparked"
	EventCancelRequested = "execution.cancel_requested"
	EventCompensating    = "execution.compensating"
	EventCompleted       = "execution.completed"
	EventFailed          = "execution.failed"
	EventCancelled       = "execution.cancelled"
)

// Public writes the public data of one execution's events. Its methods build
// JSON by hand: they run for every event.
type Public struct{ head string }

// NewPublic returns the writer for executions of a definition.
func NewPublic(kind, definition string) Public {
	head := append([]byte(`{"kind":`), quote(kind)...)
	head = append(append(head, `,"definition":`...), quote(definition)...)
	return Public{head: string(head)}
}

// Plain is the data of events that say nothing further.
func (p Public) Plain() json.RawMessage { return append(p.open(1), '}') }

// Created is the data of execution.created; extra is a JSON object or nil.
func (p Public) Created(version int, function string, extra json.RawMessage) json.RawMessage {
	b := append(p.open(64+len(extra)), `,"version":`...)
	b = strconv.AppendInt(b, int64(version), 10)
	b = append(append(b, `,"function":`...), quote(function)...)
	if inner := members(extra); len(inner) > 0 {
		b = append(append(b, ','), inner...)
	}
	return append(b, '}')
}

// StepEvent is what the public data of step events says.
type StepEvent struct {
	Step, Path string
	Attempt    int
	ReadOnly   bool
	Duration   time.Duration // of the last attempt; only of ended steps
	Error      *Error
	NextAt     time.Time // only of step_retrying
}

// StepStarted is the data of execution.step_started.
func (p Public) StepStarted(s *StepEvent) json.RawMessage { return append(p.step(s), '}') }

// StepEnded is the data of execution.step_completed and step_failed.
func (p Public) StepEnded(s *StepEvent) json.RawMessage {
	b := append(p.step(s), `,"duration_ms":`...)
	b = strconv.AppendInt(b, s.Duration.Milliseconds(), 10)
	return append(appendError(b, s.Error), '}')
}

// StepRetrying is the data of execution.step_retrying.
func (p Public) StepRetrying(s *StepEvent) json.RawMessage {
	b := append(p.step(s), `,"class":`...)
	b = append(append(b, quote(string(s.Error.Class))...), `,"code":`...)
	b = append(append(b, quote(s.Error.Code)...), `,"message":`...)
	b = append(append(b, quote(s.Error.Message)...), `,"next_at":"`...)
	b = s.NextAt.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	return append(appendError(append(b, '"'), s.Error), '}')
}

// Parked is the data of execution.parked.
func (p Public) Parked(reason, step, path string, err *Error, until time.Time) json.RawMessage {
	b := append(p.open(128), `,"reason":`...)
	b = append(b, quote(reason)...)
	if step != "" {
		b = append(append(b, `,"step":`...), quote(step)...)
	}
	if path != "" {
		b = append(append(b, `,"path":`...), quote(path)...)
	}
	if !until.IsZero() {
		b = append(append(b, `,"until":`...), quote(until.UTC().Format(time.RFC3339))...)
	}
	return append(appendError(b, err), '}')
}

// Ended is the data of the three end events.
func (p Public) Ended(output json.RawMessage, err *Error, duration time.Duration) json.RawMessage {
	b := append(p.open(64+len(output)), `,"duration_ms":`...)
	b = strconv.AppendInt(b, duration.Milliseconds(), 10)
	if len(output) > 0 {
		b = append(append(b, `,"output":`...), output...)
	}
	return append(appendError(b, err), '}')
}

func (p Public) open(extra int) []byte {
	return append(make([]byte, 0, len(p.head)+extra), p.head...)
}

// step relies on names and paths that need no escaping.
func (p Public) step(s *StepEvent) []byte {
	b := append(p.open(96+len(s.Step)+len(s.Path)), `,"step":"`...)
	b = append(append(b, s.Step...), `","path":"`...)
	b = append(append(b, s.Path...), `","attempt":`...)
	b = strconv.AppendInt(b, int64(s.Attempt), 10)
	b = append(b, `,"read_only":`...)
	return strconv.AppendBool(b, s.ReadOnly)
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

// members returns what stands between the braces of a JSON object.
func members(object json.RawMessage) []byte {
	start, end := 0, len(object)
	for start < end && object[start] <= ' ' {
		start++
	}
	for end > start && object[end-1] <= ' ' {
		end--
	}
	if end-start < 2 || object[start] != '{' || object[end-1] != '}' {
		return nil
	}
	inner := object[start+1 : end-1]
	for _, c := range inner {
		if c > ' ' {
			return inner
		}
	}
	return nil
}
