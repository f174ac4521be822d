package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// dump logs the events of all executions, for a case that fails.
func (h *H) dump() {
	for todo := slices.Clone(h.started); len(todo) > 0; todo = todo[1:] {
		for _, e := range h.b.Events(h.T, workspace, todo[0]) {
			h.Logf("%s %d %s %s", todo[0], e.Version, e.Type, e.Data)
			var p public
			if e.Type == engine.EventChildStarted && json.Unmarshal(e.Data, &p) == nil && !slices.Contains(todo, p.Child) {
				todo = append(todo, p.Child)
			}
		}
	}
}

// end waits for an execution's end and compares its state. It looks at the
// stream: a process that is killed right after the commit tells nobody.
func (h *H) end(id string, want workflow.ExecutionState) {
	h.Helper()
	var got workflow.ExecutionState
	h.until(id+" ends", func() bool {
		events := h.b.Events(h.T, workspace, id)
		if len(events) > 0 {
			got = workflow.ExecutionState(strings.TrimPrefix(events[len(events)-1].Type, "execution."))
		}
		return got.Ended()
	})
	if got != want {
		h.dump()
		h.Fatalf("%s is %s, want %s", id, got, want)
	}
}

// state waits until an open execution is in a state.
func (h *H) state(id string, want workflow.ExecutionState) {
	h.Helper()
	h.until(fmt.Sprintf("%s is %s", id, want), func() bool { return h.stateOf(id) == want })
}

// open lists the open executions, in pages.
func (h *H) open() []engine.OpenExecution {
	h.Helper()
	var all []engine.OpenExecution
	for after := (engine.OpenAfter{}); ; {
		page, err := h.process.Engine.Open(h.Context(), after, 3)
		if err != nil {
			h.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 3 {
			return all
		}
		last := page[len(page)-1]
		after = engine.OpenAfter{Workspace: last.Workspace, Execution: last.Execution}
	}
}

func (h *H) stateOf(id string) workflow.ExecutionState {
	for _, o := range h.open() {
		if o.Execution == id {
			return o.State
		}
	}
	return ""
}

// has waits until an execution has n events of a type.
func (h *H) has(id, eventType string, n int) {
	h.Helper()
	h.until(fmt.Sprintf("%s has %d of %s", id, n, eventType), func() bool { return h.count(id, eventType) >= n })
}

func (h *H) count(id, eventType string) int {
	n := 0
	for _, e := range h.b.Events(h.T, workspace, id) {
		if e.Type == eventType {
			n++
		}
	}
	return n
}

// types returns the types of an execution's public events without their
// common beginning.
func (h *H) types(id string) string {
	var all []string
	for _, e := range h.b.Events(h.T, workspace, id) {
		all = append(all, strings.TrimPrefix(e.Type, "execution."))
	}
	return strings.Join(all, " ")
}

// public is the public data of events, as far as cases look at it.
type public struct {
	Kind       string          `json:"kind"`
	Definition string          `json:"definition"`
	Engine     string          `json:"engine"`
	Version    int             `json:"version"`
	Generation int             `json:"generation"`
	Step       string          `json:"step"`
	Path       string          `json:"path"`
	Label      string          `json:"label"`
	Attempt    int             `json:"attempt"`
	ReadOnly   bool            `json:"read_only"`
	Reason     string          `json:"reason"`
	Error      *engine.Error   `json:"error"`
	Output     json.RawMessage `json:"output"`
	NextAt     string          `json:"next_at"`
	Name       string          `json:"name"`
	Until      time.Time       `json:"until"`
	Child      string          `json:"child"`
	Function   string          `json:"function"`
	State      string          `json:"state"`
	Parent     *engine.Parent  `json:"parent"`
	Origin     *engine.Origin  `json:"origin"`
}

// all returns the data of the events of a type.
func (h *H) all(id, eventType string) []public {
	h.Helper()
	var found []public
	for _, e := range h.b.Events(h.T, workspace, id) {
		if e.Type != eventType {
			continue
		}
		var p public
		if err := json.Unmarshal(engine.Shown(e.Type, e.Labels, e.Data), &p); err != nil {
			h.Fatalf("%s: %v", e.Data, err)
		}
		found = append(found, p)
	}
	return found
}

// last returns the data of the last event of a type.
func (h *H) last(id, eventType string) public {
	h.Helper()
	found := h.all(id, eventType)
	if len(found) == 0 {
		h.dump()
		h.Fatalf("%s has no %s", id, eventType)
	}
	return found[len(found)-1]
}

// output decodes what an execution returned.
func (h *H) output(id string, into any) {
	h.Helper()
	if err := json.Unmarshal(h.last(id, engine.EventCompleted).Output, into); err != nil {
		h.Fatal(err)
	}
}

// ok fails the case for an error of a host's call.
func (h *H) ok(_ int64, err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused fails the case unless a host's call got a certain error.
func (h *H) refused(_ int64, err, want error) {
	h.Helper()
	if !errors.Is(err, want) {
		h.Fatalf("got %v, want %v", err, want)
	}
}

// finish checks what holds in every case: the stream's order, one end at most,
// and that each journal replays (I1, I5, I10), those of the children too.
func (h *H) finish() {
	h.Helper()
	if h.process != nil {
		h.stop()
	}
	seen := map[string]bool{}
	for todo := h.started; len(todo) > 0; todo = todo[1:] {
		if id := todo[0]; !seen[id] {
			seen[id] = true
			todo = append(todo, h.check(id)...)
		}
	}
	if h.Failed() {
		h.dump()
	}
}

// check is finish for one execution; it returns its children.
func (h *H) check(id string) (children []string) {
	h.Helper()
	ends := 0
	events := h.b.Events(h.T, workspace, id)
	for i, e := range events {
		if engine.IsEnd(e.Type) {
			ends++
		}
		if (i == 0) != (e.Type == engine.EventCreated) {
			h.Errorf("%s has %s as event %d", id, e.Type, i+1)
		}
		if !strings.HasPrefix(e.Type, "execution.") {
			continue
		}
		var p public
		if err := json.Unmarshal(engine.Shown(e.Type, e.Labels, e.Data), &p); err != nil {
			h.Errorf("%s: data of %s: %v", id, e.Type, err)
		}
		if p.Kind != "test" || p.Definition != "wf_test" {
			h.Errorf("%s: data of %s lacks kind or definition: %s", id, e.Type, e.Data)
		}
		if e.Type == engine.EventChildStarted {
			children = append(children, p.Child)
			if _, known := h.built[p.Child]; !known {
				h.built[p.Child] = h.built[id]
			}
		}
	}
	if ends > 1 {
		h.Errorf("%s has %d ends", id, ends)
	}
	if reg := h.built[id]; reg != nil && len(events) > 0 { // without events it was refused
		if err := h.b.Replay(h.T, reg, workspace, id); err != nil {
			h.Errorf("replay of %s: %v", id, err)
		}
	}
	return children
}

func (h *H) wantOutput(id string, want int) {
	h.Helper()
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != want {
		h.Errorf("output %d, want %d", out, want)
	}
}

// parkedFor waits until an execution is parked because of its function, and
// looks for a part of the message.
func (h *H) parkedFor(id, part string) {
	h.Helper()
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonFunctionBroken || p.Error == nil || !strings.Contains(p.Error.Message, part) {
		h.Errorf("parked: %+v, want %q", p, part)
	}
	delete(h.built, id) // it never replays
}

// child returns the execution of the only child that an execution has started,
// once it has one.
func (h *H) child(id string) string {
	h.Helper()
	h.has(id, engine.EventChildStarted, 1)
	return h.last(id, engine.EventChildStarted).Child
}
