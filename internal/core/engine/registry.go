package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// MaxUnreadSignals bounds the signals of one name that an execution keeps until they
// are taken.
const MaxUnreadSignals = 1000

// Sizes of JSON that a journal may hold. Larger things belong in a blob.
const (
	// MaxValueBytes bounds every input, output and signal but MaxInputBytes.
	MaxValueBytes = 256 << 10
	// MaxUnreadBytes bounds the data of the signals of one name that an execution
	// keeps until they are taken: the next generation, and a redrive, begin with them in one
	// record.
	MaxUnreadBytes = 1 << 20
	// MaxInputBytes bounds the input that an execution is started with.
	MaxInputBytes = 48 << 10
)

// StepSpec is a registered step without its types.
type StepSpec struct {
	Name     string
	ReadOnly bool
	Once     bool
	Reread   bool // only with ReadOnly
	Timeout  time.Duration
	Retry    Retry
	Call     func(ctx context.Context, in json.RawMessage) (json.RawMessage, error)
	// Fits says why a result cannot be the step's; nil if it can.
	Fits func(result json.RawMessage) error
}

// FunctionSpec is a registered workflow function without its types.
type FunctionSpec struct {
	Name string
	// Load makes the function's argument from the execution's input. It may block.
	Load func(ctx context.Context, info Info, input json.RawMessage) (any, error)
	// Call runs the function with what Load returned.
	Call func(run Run, loaded any) (json.RawMessage, error)
}

// WriteSpec is a registered write without its type.
type WriteSpec struct {
	Name  string
	Apply func(ctx context.Context, tx db.Tx, by WriteInfo, data json.RawMessage) error
}

// WriteInfo says which step's result the rows belong to.
type WriteInfo struct {
	Workspace, Execution, Definition string
	// Key is the step's idempotency key. A backend that cannot write rows in the
	// transaction of the result may apply the same data twice under one key.
	Key string
}

// Registry holds the steps, workflow functions, signals and writes of a process
// by name. It is filled before the engine runs and only read afterwards.
// Mistakes are collected in Err.
type Registry struct {
	steps     map[string]*StepSpec
	functions map[string]*FunctionSpec
	writes    map[string]*WriteSpec
	signals   map[string]func(data json.RawMessage) error // says why data cannot be the signal's
	errs      []error
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{steps: map[string]*StepSpec{}, functions: map[string]*FunctionSpec{}, writes: map[string]*WriteSpec{}, signals: map[string]func(json.RawMessage) error{}}
}

// Merge adds everything that other holds, its mistakes included. A name that
// both hold is a mistake.
func (r *Registry) Merge(other *Registry) {
	r.errs = append(r.errs, other.errs...)
	for _, name := range other.Steps() {
		if r.free("step", name, r.steps[name] != nil) {
			r.steps[name] = other.steps[name]
		}
	}
	for _, name := range other.Functions() {
		if r.free("workflow function", name, r.functions[name] != nil) {
			r.functions[name] = other.functions[name]
		}
	}
	for _, name := range other.Writes() {
		if r.free("write", name, r.writes[name] != nil) {
			r.writes[name] = other.writes[name]
		}
	}
	for _, name := range other.Signals() {
		if r.free("signal", name, r.signals[name] != nil) {
			r.signals[name] = other.signals[name]
		}
	}
}

// free reports whether a name may be added, and notes the mistake if it may not.
func (r *Registry) free(what, name string, taken bool) bool {
	if taken {
		r.fail("%s %s is registered twice; give one of them another name", what, name)
	}
	return !taken
}

// Err returns the mistakes of all registrations: names taken twice, bad names.
func (r *Registry) Err() error { return errors.Join(r.errs...) }

// Step returns the step of a name, or nil.
func (r *Registry) Step(name string) *StepSpec { return r.steps[name] }

// Function returns the workflow function of a name, or nil.
func (r *Registry) Function(name string) *FunctionSpec { return r.functions[name] }

// Write returns the write of a name, or nil.
func (r *Registry) Write(name string) *WriteSpec { return r.writes[name] }

// HasSignal reports whether a signal of this name is registered.
func (r *Registry) HasSignal(name string) bool { return r.signals[name] != nil }

// SignalFits says why data cannot be that of a registered signal; nil if it can.
func (r *Registry) SignalFits(name string, data json.RawMessage) error { return r.signals[name](data) }

// Steps lists the names of the steps, in order.
func (r *Registry) Steps() []string { return slices.Sorted(maps.Keys(r.steps)) }

// Functions lists the names of the workflow functions, in order.
func (r *Registry) Functions() []string { return slices.Sorted(maps.Keys(r.functions)) }

// Writes lists the names of the writes, in order.
func (r *Registry) Writes() []string { return slices.Sorted(maps.Keys(r.writes)) }

// Signals lists the names of the signals, in order.
func (r *Registry) Signals() []string { return slices.Sorted(maps.Keys(r.signals)) }

func (r *Registry) addStep(s *StepSpec) {
	if r.checkName("step", s.Name) && r.steps[s.Name] != nil {
		r.fail("step %s is registered twice; give one of them another name", s.Name)
		return
	}
	r.steps[s.Name] = s
}

func (r *Registry) addFunction(f *FunctionSpec) {
	if r.checkName("workflow function", f.Name) && r.functions[f.Name] != nil {
		r.fail("workflow function %s is registered twice; give one of them another name", f.Name)
		return
	}
	r.functions[f.Name] = f
}

func (r *Registry) addWrite(w *WriteSpec) {
	if r.checkName("write", w.Name) && r.writes[w.Name] != nil {
		r.fail("write %s is registered twice; give one of them another name", w.Name)
		return
	}
	r.writes[w.Name] = w
}

func (r *Registry) fail(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// checkName admits lower-case words separated by slashes. Dots are refused:
// Temporal compares only what stands after a name's last dot.
func (r *Registry) checkName(what, name string) bool {
	ok := strings.Contains(name, "/") && !strings.HasPrefix(name, "/") && !strings.HasSuffix(name, "/")
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '/')
	}
	if !ok {
		r.fail("%s %q: a name is kind/name in lower case, digits, _ and -", what, name)
	}
	return ok
}
