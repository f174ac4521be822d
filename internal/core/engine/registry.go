package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxValueBytes bounds the JSON of every input, output and signal. Larger
// things belong in a blob.
const MaxValueBytes = 256 << 10

// StepSpec is a registered step without its types.
type StepSpec struct {
	Name     string
	ReadOnly bool
	Once     bool
	Timeout  time.Duration
	Retry    Retry
	Call     func(ctx context.Context, in json.RawMessage) (json.RawMessage, error)
}

// FunctionSpec is a registered workflow function without its types.
type FunctionSpec struct {
	Name string
	Call func(run Run, in json.RawMessage) (json.RawMessage, error)
}

// Registry holds the steps, workflow functions and signals of a process by
// name. It is filled before the engine runs and only read afterwards. Mistakes
// are collected in Err.
type Registry struct {
	steps     map[string]*StepSpec
	functions map[string]*FunctionSpec
	signals   map[string]bool
	errs      []error
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{steps: map[string]*StepSpec{}, functions: map[string]*FunctionSpec{}, signals: map[string]bool{}}
}

// Err returns the mistakes of all registrations: names taken twice, bad names.
func (r *Registry) Err() error { return errors.Join(r.errs...) }

// Step returns the step of a name, or nil.
func (r *Registry) Step(name string) *StepSpec { return r.steps[name] }

// Function returns the workflow function of a name, or nil.
func (r *Registry) Function(name string) *FunctionSpec { return r.functions[name] }

// HasSignal reports whether a signal of this name is registered.
func (r *Registry) HasSignal(name string) bool { return r.signals[name] }

func (r *Registry) addStep(s *StepSpec) {
	if r.checkName("step", s.Name) && r.steps[s.Name] != nil {
		r.errs = append(r.errs, fmt.Errorf("step %s is registered twice; give one of them another name", s.Name))
		return
	}
	r.steps[s.Name] = s
}

func (r *Registry) addFunction(f *FunctionSpec) {
	if r.checkName("workflow function", f.Name) && r.functions[f.Name] != nil {
		r.errs = append(r.errs, fmt.Errorf("workflow function %s is registered twice; give one of them another name", f.Name))
		return
	}
	r.functions[f.Name] = f
}

// checkName admits lower-case words parted by slashes. Dots are refused:
// Temporal compares only what stands after a name's last dot.
func (r *Registry) checkName(what, name string) bool {
	ok := strings.Contains(name, "/") && !strings.HasPrefix(name, "/") && !strings.HasSuffix(name, "/")
	for _, c := range name {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '/')
	}
	if !ok {
		r.errs = append(r.errs, fmt.Errorf("%s %q: a name is package/name in lower case, digits, _ and -", what, name))
	}
	return ok
}
