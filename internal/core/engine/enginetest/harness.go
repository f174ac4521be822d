package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const workspace = "ws_test"

// Backend is what a suite runs on. It is opened once for each case and keeps
// its data while its processes come and go.
type Backend struct {
	// Boot starts a process that drives executions.
	Boot func(t *testing.T, reg *engine.Registry, o engine.Observer) *Process
	// Events returns the public events of an execution, in order.
	Events func(t *testing.T, workspace, execution string) []eventstore.Event
	// Replay feeds the journal of an execution to its function once more and
	// reports a difference (I5).
	Replay func(t *testing.T, reg *engine.Registry, workspace, execution string) error
	// Rows counts the rows that Attach wrote under a name; nil if the backend
	// has no database.
	Rows func(t *testing.T, name string) int
}

// Process is one life of an engine.
type Process struct {
	Engine engine.Engine
	Stop   func() // as SIGTERM: returns when the engine has stopped
	Kill   func() // as SIGKILL: nothing it does afterwards reaches the store
}

// H is what a case works with.
type H struct {
	*testing.T
	b       Backend
	virtual bool
	reg     *engine.Registry
	process *Process
	started []string
	built   map[string]*engine.Registry // what an execution must replay with

	mu       sync.Mutex
	progress []engine.Progress
	log      []string
}

// newH opens a backend for one case.
func newH(t *testing.T, virtual bool, open func(t *testing.T) Backend) *H {
	return &H{T: t, b: open(t), virtual: virtual, reg: engine.NewRegistry(), built: map[string]*engine.Registry{}}
}

// Progress makes H the engines' observer: it keeps what was reported.
func (h *H) Progress(_ engine.Info, p engine.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.progress = append(h.progress, p)
}

// note writes down that something happened in the outside world.
func (h *H) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, fmt.Sprintf(format, args...))
}

// noted returns what happened in the outside world, parted by spaces.
func (h *H) noted() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.log, " ")
}

// wantNoted compares what happened in the outside world.
func (h *H) wantNoted(want string) {
	h.Helper()
	if got := h.noted(); got != want {
		h.Errorf("happened: %s\nwant:     %s", got, want)
	}
}

// boot starts a process with the case's registry.
func (h *H) boot() {
	h.Helper()
	h.process = h.b.Boot(h.T, h.reg, h)
	<-h.process.Engine.Ready()
}

// stop ends the process as SIGTERM does; kill as SIGKILL does.
func (h *H) stop() { h.process.Stop(); h.process = nil }

func (h *H) kill() { h.process.Kill(); h.process = nil }

// restart kills the process and starts the next.
func (h *H) restart() {
	h.Helper()
	h.kill()
	h.boot()
}

// d scales a duration: generous in virtual time, short in real time.
func (h *H) d(units int) time.Duration {
	if h.virtual {
		return time.Duration(units) * time.Minute
	}
	return time.Duration(units) * 20 * time.Millisecond
}

// start starts an execution of a function and returns its id.
func (h *H) start(function string, in any) string {
	h.Helper()
	id := "ex_" + strconv.Itoa(len(h.started)+1)
	if _, err := h.process.Engine.Start(h.Context(), h.startOf(id, function, in)); err != nil {
		h.Fatalf("start %s: %v", function, err)
	}
	return id
}

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

// until waits for a condition.
func (h *H) until(what string, ok func() bool) {
	h.Helper()
	limit := 20 * time.Second
	pause := 2 * time.Millisecond
	if h.virtual {
		limit, pause = 2000*time.Hour, time.Second
	}
	for began := time.Now(); !ok(); {
		if time.Since(began) > limit {
			h.dump()
			h.Fatalf("never came: %s", what)
		}
		if h.virtual {
			synctest.Wait()
			if ok() {
				return
			}
		}
		time.Sleep(pause)
		if h.virtual { // days pass too
			pause = min(pause+pause/8, 20*time.Minute)
		}
	}
}

// dump logs the events of all executions, for a case that fails.
func (h *H) dump() {
	for _, id := range h.started {
		for _, e := range h.b.Events(h.T, workspace, id) {
			h.Logf("%s %d %s %s", id, e.Version, e.Type, e.Data)
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
	Step       string          `json:"step"`
	Path       string          `json:"path"`
	Attempt    int             `json:"attempt"`
	ReadOnly   bool            `json:"read_only"`
	Reason     string          `json:"reason"`
	Error      *engine.Error   `json:"error"`
	Output     json.RawMessage `json:"output"`
	NextAt     string          `json:"next_at"`
}

// last returns the data of the last event of a type.
func (h *H) last(id, eventType string) public {
	h.Helper()
	var found *public
	for _, e := range h.b.Events(h.T, workspace, id) {
		if e.Type == eventType {
			found = &public{}
			if err := json.Unmarshal(engine.Shown(e.Type, e.Labels, e.Data), found); err != nil {
				h.Fatalf("%s: %v", e.Data, err)
			}
		}
	}
	if found == nil {
		h.dump()
		h.Fatalf("%s has no %s", id, eventType)
	}
	return *found
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
// and that each journal replays (I1, I5, I10).
func (h *H) finish() {
	h.Helper()
	if h.process != nil {
		h.stop()
	}
	for _, id := range h.started {
		ends := 0
		for i, e := range h.b.Events(h.T, workspace, id) {
			if state := workflow.ExecutionState(strings.TrimPrefix(e.Type, "execution.")); strings.HasPrefix(e.Type, "execution.") && state.Ended() {
				ends++
			}
			if i == 0 && e.Type != engine.EventCreated {
				h.Errorf("%s begins with %s", id, e.Type)
			}
			var p public
			if err := json.Unmarshal(engine.Shown(e.Type, e.Labels, e.Data), &p); err != nil {
				h.Errorf("%s: data of %s: %v", id, e.Type, err)
			}
			if strings.HasPrefix(e.Type, "execution.") && (p.Kind != "test" || p.Definition != "wf_test") {
				h.Errorf("%s: data of %s lacks kind or definition: %s", id, e.Type, e.Data)
			}
		}
		if len(h.b.Events(h.T, workspace, id)) == 0 {
			continue // it was refused
		}
		if ends > 1 {
			h.Errorf("%s has %d ends", id, ends)
		}
		if reg := h.built[id]; reg != nil {
			if err := h.b.Replay(h.T, reg, workspace, id); err != nil {
				h.Errorf("replay of %s: %v", id, err)
			}
		}
	}
	if h.Failed() {
		h.dump()
	}
}

// step registers a step on integers.
func (h *H) step(name string, o engine.StepOptions[int], fn func(context.Context, int) (int, error)) engine.Step[int, int] {
	return engine.NewStep(h.reg, name, o, fn)
}

// noting registers a step that notes its name and input and returns the input.
func (h *H) noting(name string) engine.Step[int, int] {
	return h.step("test/"+name, engine.StepOptions[int]{}, func(_ context.Context, n int) (int, error) {
		h.note("%s%d", name, n)
		return n, nil
	})
}

// workflow registers a workflow function on integers and returns its name.
func (h *H) workflow(fn func(engine.Run, int) (int, error)) string {
	return engine.NewWorkflow(h.reg, "test/main", fn).Name()
}
