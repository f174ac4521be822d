package enginetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

const workspace = "ws_test"

// Backend is what a suite runs on. It is opened once for each case and keeps
// its data while its processes come and go.
type Backend struct {
	// Boot starts a process that drives executions. When it is stopped, it waits
	// for running steps as long as patience says.
	Boot func(t *testing.T, reg *engine.Registry, o engine.Observer, patience time.Duration) *Process
	// Events returns the public events of an execution, in order.
	Events func(t *testing.T, workspace, execution string) []eventstore.Event
	// Replay feeds the journal of an execution to its function once more and
	// reports a difference (I5).
	Replay func(t *testing.T, reg *engine.Registry, workspace, execution string) error
	// Rows counts the rows that Attach wrote under a name; nil if the backend
	// has no database.
	Rows func(t *testing.T, name string) int
	// Foreign makes an open execution that bears the name of another engine.
	Foreign func(t *testing.T, workspace, execution string)
}

// Process is one life of an engine.
type Process struct {
	Engine engine.Engine
	Stop   func() // as SIGTERM: returns when the engine has stopped
	Kill   func() // as SIGKILL: nothing it does afterwards reaches the store
	// Die kills the process around the next append that has an event of a type:
	// before it is durable, or after it and before the process learns of it. The
	// channel is closed when it is dead; Kill must be called all the same. Only
	// backends with an atomic activation have it.
	Die func(before bool, eventType string) <-chan struct{}
}

// H is what a case works with.
type H struct {
	*testing.T
	b       Backend
	can     Can
	reg     *engine.Registry
	process *Process
	started []string
	built   map[string]*engine.Registry // what an execution must replay with
	// patience is how long a process that stops waits for running steps.
	patience time.Duration

	mu       sync.Mutex
	progress []engine.Progress
	log      []string
}

// newH opens a backend for one case.
func newH(t *testing.T, can Can, open func(t *testing.T) Backend) *H {
	return &H{T: t, b: open(t), can: can, reg: engine.NewRegistry(), built: map[string]*engine.Registry{}, patience: 100 * time.Millisecond}
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
	h.process = h.b.Boot(h.T, h.reg, h, h.patience)
	<-h.process.Engine.Ready()
}

// stop ends the process as SIGTERM does; kill as SIGKILL does.
func (h *H) stop() { h.process.Stop(); h.process = nil }

func (h *H) kill() {
	h.Helper()
	if !h.can.SecondProcess {
		h.Skip("needs Can.SecondProcess")
	}
	h.process.Kill()
	h.process = nil
}

// restart kills the process and starts the next.
func (h *H) restart() {
	h.Helper()
	h.kill()
	h.boot()
}

// d scales a duration: generous in virtual time, short in real time.
func (h *H) d(units int) time.Duration {
	if h.can.VirtualTime {
		return time.Duration(units) * time.Minute
	}
	return time.Duration(units) * 40 * time.Millisecond
}

// until waits for a condition.
func (h *H) until(what string, ok func() bool) {
	h.Helper()
	limit := 20 * time.Second
	pause := 2 * time.Millisecond
	if h.can.VirtualTime {
		limit, pause = 2000*time.Hour, time.Second
	}
	for began := time.Now(); !ok(); {
		if time.Since(began) > limit {
			h.dump()
			h.Fatalf("never came: %s", what)
		}
		if h.can.VirtualTime {
			synctest.Wait()
			if ok() {
				return
			}
		}
		time.Sleep(pause)
		if h.can.VirtualTime { // days pass too
			pause = min(pause+pause/8, 20*time.Minute)
		}
	}
}

// Can says what a backend is able to do. A case that needs more is skipped, and
// the skip names what is missing.
type Can struct {
	// VirtualTime runs each case in a testing/synctest bubble: nothing of the
	// backend waits for a socket or another process. Cases that last days need it.
	VirtualTime bool
	// SecondProcess: a process can be killed, and the next one goes on with what
	// it has left.
	SecondProcess bool
	// AtomicActivation: an input and all that the function answered to it become
	// durable at once, and in one store, so that a process can be killed between
	// any two appends.
	AtomicActivation bool
	// VirtualElsewhere says that the same engine runs on another store that has
	// virtual time: what needs it is left out here.
	VirtualElsewhere bool
}

// Case is one promise.
type Case struct {
	Name string
	// Days cases need virtual time, Atomic ones an atomic activation.
	Days, Atomic bool
	Run          func(*H)
}
