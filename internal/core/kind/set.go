package kind

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// Set is all kinds of a process.
type Set struct {
	kinds    []*Kind
	registry *engine.Registry
	source   *source
}

// maxNameBytes bounds the name of a kind: it is part of the names of tables.
const maxNameBytes = 30

// reservedNames cannot name a kind: events and functions of others bear them.
var reservedNames = []string{"execution", "workflow", "journal", "engine", "kind", "platform", "system"}

// NewSet makes a set of kinds. It fails with everything that is wrong with their
// declarations. A kind belongs to one set, and nothing can be declared on it
// afterwards.
func NewSet(kinds ...*Kind) (*Set, error) {
	s := &Set{kinds: kinds, registry: engine.NewRegistry(), source: &source{}}
	var errs []error
	for i, k := range kinds {
		if slices.ContainsFunc(kinds[:i], func(other *Kind) bool { return other.name == k.name }) {
			errs = append(errs, fmt.Errorf("two kinds are called %s; give one of them another name", k.name))
			continue
		}
		errs = append(errs, k.check()...)
		if k.source == nil {
			k.source = s.source
		}
		s.registry.Merge(k.registry)
	}
	errs = append(errs, checkProjections(kinds)...)
	if err := errors.Join(append(errs, s.registry.Err())...); err != nil {
		return nil, err
	}
	return s, nil
}

// Kinds lists the kinds in the order in which they were given.
func (s *Set) Kinds() []*Kind { return s.kinds }

// Kind returns the kind of a name, or nil.
func (s *Set) Kind(name string) *Kind {
	for _, k := range s.kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}

// Registry holds the workflow functions, steps, signals and writes of all kinds.
func (s *Set) Registry() *engine.Registry { return s.registry }

// Bind says where executions find the versions of their workflows and inputs
// that are stored apart. It is called once, before the engine runs.
func (s *Set) Bind(versions Versions, inputs Inputs) {
	s.source.versions, s.source.inputs = versions, inputs
}

// check returns everything that is wrong with the kind by itself.
func (k *Kind) check() []error {
	k.checkName()
	k.checkChoices()
	if !k.functions[Main] {
		k.fail("the workflow function %q is missing; declare it with kind.Workflow", Main)
	}
	k.checkRegistry()
	k.checkTriggers()
	if k.config.decode != nil {
		k.checkExamples()
		k.checkOptionLists()
	}
	return k.errs
}

func (k *Kind) checkName() {
	if !localName.MatchString(k.name) || len(k.name) > maxNameBytes {
		k.fail("the name must be made of lower-case letters and digits, with _ between words, and have at most %d characters", maxNameBytes)
	}
	if slices.Contains(reservedNames, k.name) {
		k.fail("the name is reserved; choose another one")
	}
	if k.source != nil {
		k.fail("it belongs to another set already; make a new one")
	}
}

func (k *Kind) checkChoices() {
	if k.options.Concurrency < 0 {
		k.fail("the concurrency %d is negative; zero means 1", k.options.Concurrency)
	}
	if !slices.Contains([]Overlap{QueueAll, QueueOne, Skip, CancelOlder}, k.Overlap()) {
		k.fail("the overlap %q does not exist; use queue_all, queue_one, skip or cancel_older", k.options.Overlap)
	}
	if k.options.Tables.Files == nil && (len(k.options.Tables.Statements) > 0 || k.options.Tables.Archive != nil) {
		k.fail("the tables have statements or a cleanup, but no files")
	}
}

// checkRegistry refuses names that were registered past the functions of this
// package.
func (k *Kind) checkRegistry() {
	for what, names := range map[string][]string{"step": k.registry.Steps(), "workflow function": k.registry.Functions(),
		"write": k.registry.Writes(), "signal": k.registry.Signals()} {
		for _, name := range names {
			local, ok := strings.CutPrefix(name, k.name+"/")
			switch {
			case !ok:
				k.fail("the %s %s does not bear the kind's name; declare it with the functions of package kind", what, name)
			case what == "workflow function" && !k.functions[local]:
				k.fail("the workflow function %s is registered but not declared; declare it with kind.Workflow", name)
			}
		}
	}
}

func (k *Kind) checkTriggers() {
	for i, t := range k.options.Triggers {
		k.checkLocal("trigger", t.Source)
		if t.Pointer != "" && !strings.HasPrefix(t.Pointer, "/") {
			k.fail("trigger %s: %q is not a JSON pointer; it begins with a slash", t.Source, t.Pointer)
		}
		if slices.ContainsFunc(k.options.Triggers[:i], func(o Trigger) bool { return o.Source == t.Source && o.Pointer == t.Pointer }) {
			k.fail("trigger %s at %q is declared twice", t.Source, t.Pointer)
		}
	}
}

func (k *Kind) checkExamples() {
	for i, example := range k.options.Examples {
		text, err := k.config.blank(example)
		if err != nil {
			k.fail("example %d does not decode: %w", i, err)
			continue
		}
		if _, found := k.config.decode(text); !found.OK() {
			k.fail("example %d does not decode: %w", i, found.Err())
		}
	}
}

// checkOptionLists compares the operations that forms ask for values with those
// that are declared.
func (k *Kind) checkOptionLists() {
	var asked []string
	walk(k.config.schema, func(member string, value json.RawMessage) {
		var options struct {
			Operation string `json:"operation"`
		}
		if member == "x-options" && json.Unmarshal(value, &options) == nil && !slices.Contains(asked, options.Operation) {
			asked = append(asked, options.Operation)
		}
	})
	for _, name := range asked {
		if !slices.ContainsFunc(k.operations, func(o OperationSpec) bool { return o.Name == name }) {
			k.fail("the configuration takes values from the operation %s, which is not declared", name)
		}
	}
}

// walk calls see for every member of every object in a JSON text, outside in, in
// no order.
func walk(text json.RawMessage, see func(member string, value json.RawMessage)) {
	switch text = bytes.TrimSpace(text); {
	case bytes.HasPrefix(text, []byte("{")):
		var members map[string]json.RawMessage
		if json.Unmarshal(text, &members) == nil {
			for name, value := range members {
				see(name, value)
				walk(value, see)
			}
		}
	case bytes.HasPrefix(text, []byte("[")):
		var items []json.RawMessage
		if json.Unmarshal(text, &items) == nil {
			for _, item := range items {
				walk(item, see)
			}
		}
	}
}

// checkProjections refuses read models of one name.
func checkProjections(kinds []*Kind) []error {
	var errs []error
	owner := map[string]string{}
	for _, k := range kinds {
		for _, p := range k.options.Projections {
			name := p.Name
			if !localName.MatchString(name) {
				errs = append(errs, fmt.Errorf("kind %s: projection %q: a name is made of lower-case letters and digits, with _ between words", k.name, name))
			}
			if first, twice := owner[name]; twice {
				errs = append(errs, fmt.Errorf("the projection %s is declared by %s and by %s; give one of them another name", name, first, k.name))
			}
			owner[name] = k.name
		}
	}
	return errs
}
