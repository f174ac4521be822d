package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

// StepInfo says what a step is being run for.
type StepInfo struct {
	Info
	Step    string
	Path    string
	Key     string // idempotency key: the same for every attempt
	Attempt int    // from 1; rate limits do not count
	Label   string // of the call
}

// Event is a domain event that a step records.
type Event struct {
	Type   string // dotted, past tense, begins with the kind: airtable_sync.records_deleted
	Schema int    // version of Data's shape, from 1; zero means 1
	Data   any    // encoded as JSON
}

// Attempt collects what one attempt of a step leaves behind beside its result.
// Backends make one for each attempt.
type Attempt struct {
	Info StepInfo
	// Checkpoint is the last one that the step saved, in this attempt or an
	// earlier one; nil if there is none.
	Checkpoint json.RawMessage
	// Save keeps a checkpoint, as often as the backend sees fit. Nil: none is kept.
	Save func(json.RawMessage)

	hidden secret.Hider
	mu     sync.Mutex
	events []EncodedEvent
	writes []AttachedWrite
}

// EncodedEvent is an Event whose data is JSON.
type EncodedEvent struct {
	Type   string
	Schema int
	Data   json.RawMessage
}

// AttachedWrite is data that was attached to a step's result.
type AttachedWrite struct {
	Write *WriteSpec
	Data  json.RawMessage
}

// Left returns what the attempt has recorded and attached, in order, without what
// it was shown (Hide). It must only be called after the step function has returned.
func (a *Attempt) Left() ([]EncodedEvent, []AttachedWrite) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.events {
		a.events[i].Data = a.hidden.JSON(a.events[i].Data)
	}
	for i := range a.writes {
		a.writes[i].Data = a.hidden.JSON(a.writes[i].Data)
	}
	return a.events, a.writes
}

// Outcome returns what the step function returned, without what it was shown
// (Hide). Backends keep nothing else of it.
func (a *Attempt) Outcome(out json.RawMessage, err error) (json.RawMessage, error) {
	out = a.hidden.JSON(out)
	if err == nil {
		return out, nil
	}
	e := errorOf(err) // whole: a cut could leave a part of a credential
	code, message, detail := a.hidden.Text(e.Code), a.hidden.Text(e.Message), a.hidden.JSON(e.Detail)
	if code == e.Code && message == e.Message && string(detail) == string(e.Detail) {
		return out, err
	}
	e.Code, e.Message, e.Detail = code, message, detail
	return out, e.fit()
}

// Hidden returns a text without what the step was shown (Hide). Whoever cuts a text
// calls it first: what is left of a credential is not recognised.
func Hidden(ctx context.Context, text string) string {
	if a, ok := ctx.Value(attemptKey{}).(*Attempt); ok {
		return a.hidden.Text(text)
	}
	return text
}

// Hide has a credential that a step was shown replaced by *** in all that the
// attempt leaves behind: its result, its error or panic, its events, attached
// rows and checkpoints. Libraries quote what they were given in their errors.
func Hide(ctx context.Context, credential secret.Secret) {
	if a, ok := ctx.Value(attemptKey{}).(*Attempt); ok {
		a.hidden.Add(credential)
	}
}

type attemptKey struct{}

// WithAttempt returns the context that a step function is called with.
func WithAttempt(ctx context.Context, a *Attempt) context.Context {
	return context.WithValue(ctx, attemptKey{}, a)
}

// ErrNotInStep is returned by Record, Attach and SaveCheckpoint outside of a step.
var ErrNotInStep = errors.New("not called with a step's context")

// InStep says which step the context belongs to. Outside of a step it is zero.
func InStep(ctx context.Context) StepInfo {
	if a, ok := ctx.Value(attemptKey{}).(*Attempt); ok {
		return a.Info
	}
	return StepInfo{}
}

// domainType is the form of a domain event's type.
var domainType = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)

// Record adds a domain event to the execution's stream, committed with the
// step's result. Events of an attempt that fails are dropped.
func Record(ctx context.Context, e Event) error {
	a, ok := ctx.Value(attemptKey{}).(*Attempt)
	if !ok {
		return ErrNotInStep
	}
	if !domainType.MatchString(e.Type) || strings.HasPrefix(e.Type, StreamType+".") || strings.HasPrefix(e.Type, eventstore.PrivatePrefix) {
		return fmt.Errorf("record %q: a domain event is named kind.what_happened, and not after the engine's own (%s.…, %s…)", e.Type, StreamType, eventstore.PrivatePrefix)
	}
	raw, err := encode(e.Data)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Type, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, EncodedEvent{Type: e.Type, Schema: e.Schema, Data: raw})
	return nil
}
