package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func (h *H) answer(id string, a engine.Answer) {
	h.Helper()
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonOutcomeUnknown || p.Step != "test/pay" {
		h.Errorf("parked: %+v", p)
	}
	a.Path = p.Path
	h.ok(h.process.Engine.Answer(h.Context(), workspace, id, a, eventstore.Meta{}))
}

// reboot kills the process and starts one with the registry that h has now.
func (h *H) reboot() {
	h.Helper()
	for id := range h.built {
		h.built[id] = h.reg
	}
	h.restart()
}

func (h *H) cancel(id string) {
	h.Helper()
	h.ok(h.process.Engine.Cancel(h.Context(), workspace, id, eventstore.Meta{Actor: eventstore.Actor{Type: "person", ID: "p1"}}))
}

// nobody is the envelope of a call without a caller.
func (h *H) nobody() eventstore.Meta { return eventstore.Meta{} }

// startAnyway starts an execution whatever becomes of the answer.
func (h *H) startAnyway(id, function string, in any) func() {
	s := h.startOf(id, function, in)
	e := h.process.Engine
	return func() { _, _ = e.Start(context.WithoutCancel(h.Context()), s) }
}

func (h *H) resume(id string) {
	h.Helper()
	h.ok(h.process.Engine.Resume(h.Context(), workspace, id, eventstore.Meta{}))
}

func (h *H) pause(id string) {
	h.Helper()
	h.ok(h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{}))
}

// redrive starts an execution that takes over from another one.
func (h *H) redrive(fn, origin string) string {
	h.Helper()
	id := h.nextID()
	h.ok(h.process.Engine.Start(h.Context(), h.redriveOf(id, fn, origin)))
	return id
}

func (h *H) redriveOf(id, fn, origin string) engine.Start {
	s := h.startOf(id, fn, nil)
	s.Input, s.Origin = nil, &engine.Origin{Execution: origin}
	return s
}

// hold creates a pending execution.
func (h *H) hold(fn string, in any) string {
	h.Helper()
	id := h.nextID()
	s := h.startOf(id, fn, in)
	s.Hold = true
	h.ok(h.process.Engine.Start(h.Context(), s))
	return id
}

// release lets a pending execution begin with version 3.
func (h *H) release(id string) {
	h.Helper()
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 3}))
}

func (h *H) send(id, name, signalID string, data any) {
	h.Helper()
	raw, _ := json.Marshal(data)
	h.ok(h.process.Engine.Signal(h.Context(), workspace, id, name, signalID, raw, eventstore.Meta{}))
}

// stopping stops the process in the background and returns when it refuses
// new work; the channel is closed when it has stopped.
func (h *H) stopping() <-chan struct{} {
	p := h.process
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Stop()
	}()
	n := 0
	h.until("new work is refused", func() bool {
		n++
		_, err := p.Engine.Start(h.Context(), engine.Start{Workspace: workspace, Execution: "ex_refused", Function: "test/none"})
		if !errors.Is(err, engine.ErrInvalid) {
			return true
		}
		_, err = p.Engine.Cancel(h.Context(), workspace, "ex_none", h.nobody())
		return errors.Is(err, engine.ErrStopping)
	})
	h.process = nil
	return done
}

// dying starts executions while the process dies around an append that has an
// event of a type, and starts the next process.
func (h *H) dying(before bool, eventType string, start func()) {
	h.Helper()
	died := h.process.Die(before, eventType)
	go start() // its answer may never come
	<-died
	h.restart()
}

// start starts an execution of a function and returns its id.
func (h *H) start(function string, in any) string {
	h.Helper()
	id := h.nextID()
	if _, err := h.process.Engine.Start(h.Context(), h.startOf(id, function, in)); err != nil {
		h.Fatalf("start %s: %v", function, err)
	}
	return id
}

func (h *H) nextID() string { return "ex_" + strconv.Itoa(len(h.started)+1) }

func (h *H) startOf(id, function string, in any) engine.Start {
	raw, err := json.Marshal(in)
	if err != nil {
		h.Fatal(err)
	}
	h.started = append(h.started, id)
	h.built[id] = h.reg
	return engine.Start{Workspace: workspace, Execution: id, Function: function, Kind: "test", Definition: "wf_test", Version: 3,
		Input: raw, Public: json.RawMessage(`{"trigger":{"type":"test"}}`)}
}
