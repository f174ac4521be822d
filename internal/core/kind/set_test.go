package kind_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

type none = engine.None

// plain declares a kind that does nothing.
func plain(name string, o kind.Options) *kind.Kind {
	k := kind.New[none, none](name, o)
	kind.Workflow(k, kind.Main, nothing[none, none])
	return k
}

func nothing[C, I any](engine.Run, kind.Start[C, I]) (none, error) { return none{}, nil }

func step(context.Context, none) (none, error) { return none{}, nil }

func write(context.Context, db.Tx, engine.WriteInfo, none) error { return nil }

// named declares a projection.
func named(name string) projection.Projection { return projection.Projection{Name: name} }

// keyed is a configuration with a credential and a choice from a list.
type keyed struct {
	Key   secret.Secret `json:"key"`
	Table string        `json:"table,omitempty" options:"list_tables" dependsOn:"1/key"`
}

func TestMistakesAreFoundAtStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		declare func(k *kind.Kind) // on the kind a
		options kind.Options
		beside  *kind.Kind
		says    string // "" for no mistake
	}{
		"nothing":               {},
		"everything in order":   {declare: func(k *kind.Kind) { kind.Step(k, "b_2", engine.StepOptions[none]{}, step) }, options: kind.Options{Overlap: kind.Skip, Concurrency: 3}},
		"a step twice":          {declare: func(k *kind.Kind) { twice(func() { kind.Step(k, "s", engine.StepOptions[none]{}, step) }) }, says: "step a/s is registered twice"},
		"an event twice":        {declare: func(k *kind.Kind) { twice(func() { kind.Event[none](k, "e", 1) }) }, says: "event e is declared twice"},
		"a function twice":      {declare: func(k *kind.Kind) { kind.Workflow(k, kind.Main, nothing[none, none]) }, says: "workflow function a/run is registered twice"},
		"a signal twice":        {declare: func(k *kind.Kind) { twice(func() { kind.Signal[none](k, "s") }) }, says: "signal a/s is registered twice"},
		"a write twice":         {declare: func(k *kind.Kind) { twice(func() { kind.Write(k, "w", write) }) }, says: "write a/w is registered twice"},
		"row outcomes twice":    {declare: func(k *kind.Kind) { twice(func() { kind.RowOutcomes(k) }) }, says: "write a/row_outcomes is registered twice"},
		"an undo's name":        {declare: func(k *kind.Kind) { kind.Undoable(k, "Undo", engine.StepOptions[none]{}, step, undo) }, says: `step "Undo": a name is made of`},
		"a step's name":         {declare: func(k *kind.Kind) { kind.Step(k, "s/t", engine.StepOptions[none]{}, step) }, says: `step "s/t": a name is made of`},
		"an event's name":       {declare: func(k *kind.Kind) { kind.Event[none](k, "x.y", 1) }, says: `event "x.y": a name is made of`},
		"a function's name":     {declare: func(k *kind.Kind) { kind.Workflow(k, "Run", nothing[none, none]) }, says: `workflow function "Run": a name is made of`},
		"a signal's name":       {declare: func(k *kind.Kind) { kind.Signal[none](k, "s-t") }, says: `signal "s-t": a name is made of`},
		"a write's name":        {declare: func(k *kind.Kind) { kind.Write(k, "", write) }, says: `write "": a name is made of`},
		"an event's schema":     {declare: func(k *kind.Kind) { kind.Event[none](k, "e", 0) }, says: "event e has schema 0"},
		"a step of another":     {declare: func(k *kind.Kind) { engine.NewStep(k.Registry(), "b/s", engine.StepOptions[none]{}, step) }, beside: plain("b", kind.Options{}), says: "the step b/s does not bear the kind's name"},
		"a signal of another":   {declare: func(k *kind.Kind) { engine.NewSignal[none](k.Registry(), "b/s") }, says: "the signal b/s does not bear"},
		"a write of another":    {declare: func(k *kind.Kind) { engine.NewWrite(k.Registry(), "ab/w", write) }, says: "the write ab/w does not bear"},
		"a function of another": {declare: func(k *kind.Kind) { undeclared(k, "b/run") }, says: "the workflow function b/run does not bear"},
		"an undeclared function": {declare: func(k *kind.Kind) { undeclared(k, "a/other") },
			says: "the workflow function a/other is registered but not declared"},
		"two kinds of one name":    {beside: plain("a", kind.Options{}), says: "two kinds are called a"},
		"another configuration":    {declare: func(k *kind.Kind) { kind.Workflow(k, "child", nothing[Greeting, none]) }, says: "takes a configuration of type kind_test.Greeting, but the kind's is engine.None"},
		"another input":            {declare: func(k *kind.Kind) { kind.Workflow(k, "child", nothing[none, Wish]) }},
		"a check of another":       {declare: func(k *kind.Kind) { kind.CheckConfig(k, func(Greeting, *strictjson.Findings) {}) }, says: "CheckConfig takes a configuration of type kind_test.Greeting"},
		"a check of another input": {declare: func(k *kind.Kind) { kind.CheckInput(k, func(none, Wish, *strictjson.Findings) {}) }, says: "CheckInput takes an input of type kind_test.Wish"},
		"two checks":               {declare: func(k *kind.Kind) { twice(func() { kind.CheckInput(k, func(none, none, *strictjson.Findings) {}) }) }, says: "CheckInput is called twice"},
		"a negative concurrency":   {options: kind.Options{Concurrency: -1}, says: "the concurrency -1 is negative"},
		"an unknown overlap":       {options: kind.Options{Overlap: "queue"}, says: `the overlap "queue" does not exist`},
		"statements without files": {options: kind.Options{Tables: kind.Tables{Statements: map[string]*string{"a": nil}}}, says: "but no files"},
		"a cleanup without files": {options: kind.Options{Tables: kind.Tables{Archive: func(context.Context, db.Tx, workflow.WorkspaceID, workflow.ID) error { return nil }}},
			says: "but no files"},
		"an example that is no JSON": {options: kind.Options{Examples: examples(`{}`, `{`)}, says: "example 1 does not decode"},
		"an example with a fault":    {options: kind.Options{Examples: examples(`{"a":1}`)}, says: "example 0 does not decode"},
		"a trigger's pointer":        {options: kind.Options{Triggers: []kind.Trigger{{Source: "schedule", Pointer: "every"}}}, says: `"every" is not a JSON pointer`},
		"a trigger's source":         {options: kind.Options{Triggers: []kind.Trigger{{Source: "Schedule", Pointer: "/every"}}}, says: `trigger "Schedule": a name is made of`},
		"a trigger twice":            {options: kind.Options{Triggers: []kind.Trigger{{Source: "s", Pointer: "/a"}, {Source: "s", Pointer: "/b"}, {Source: "s", Pointer: "/a"}}}, says: `trigger s at "/a" is declared twice`},
		"a projection's name":        {options: kind.Options{Projections: []projection.Projection{named("X")}}, says: `projection "X": a name is made of`},
		"a projection of two kinds":  {options: kind.Options{Projections: []projection.Projection{named("x")}}, beside: plain("b", kind.Options{Projections: []projection.Projection{named("x")}}), says: "the projection x is declared by a and by b"},
		"an operation twice":         {declare: func(k *kind.Kind) { twice(func() { operation(k, "o", workflow.WorkflowRead) }) }, says: "operation o is declared twice"},
		"an operation's name":        {declare: func(k *kind.Kind) { operation(k, "O", workflow.WorkflowRead) }, says: `operation "O": a name is made of`},
		"an operation for anyone":    {declare: func(k *kind.Kind) { operation(k, "o", workflow.Public) }},
		"an operation's permission":  {declare: func(k *kind.Kind) { operation(k, "o", "everything") }, says: `operation o asks for the unknown permission "everything"`},
		"an operation without one":   {declare: func(k *kind.Kind) { operation(k, "o", "") }, says: "operation o asks for the unknown permission"},
		"an operation's declaration": {declare: func(k *kind.Kind) {
			kind.Operation(k, "o", kind.OperationOptions{Permission: workflow.Public}, func(context.Context, kind.Call[none, chan int]) (none, error) { return none{}, nil })
		}, says: "operation o: "},
		"an operation on another one": {declare: func(k *kind.Kind) {
			kind.Operation(k, "o", kind.OperationOptions{Permission: workflow.Public}, func(context.Context, kind.Call[Greeting, none]) (none, error) { return none{}, nil })
		}, says: "operation o takes a configuration of type kind_test.Greeting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := plain("a", test.options)
			if test.declare != nil {
				test.declare(k)
			}
			kinds := []*kind.Kind{k}
			if test.beside != nil {
				kinds = append(kinds, test.beside)
			}
			set, err := kind.NewSet(kinds...)
			if test.says == "" {
				if err != nil || set == nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || set != nil {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func twice(declare func()) { declare(); declare() }

func undo(context.Context, engine.Undo[none, none]) error { return nil }

// undeclared registers a function past the kind.
func undeclared(k *kind.Kind, name string) {
	engine.NewWorkflow(k.Registry(), name, func(engine.Run, none) (none, error) { return none{}, nil })
}

func operation(k *kind.Kind, name string, p workflow.Permission) {
	kind.Operation(k, name, kind.OperationOptions{Permission: p}, func(context.Context, kind.Call[none, none]) (none, error) { return none{}, nil })
}

func examples(texts ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, text := range texts {
		all = append(all, json.RawMessage(text))
	}
	return all
}

func TestNamesOfKinds(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"a": true, "airtable_sync": true, "a1_2b": true, strings.Repeat("a", 30): true,
		"": false, strings.Repeat("a", 31): false, "Sync": false, "a-b": false, "_a": false, "a_": false, "a__b": false, "1a": false, "a.b": false,
		"execution": false, "workflow": false, "journal": false,
	} {
		if _, err := kind.NewSet(plain(name, kind.Options{})); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	a := kind.New[struct {
		C chan int `json:"c"`
	}, none]("a", kind.Options{Concurrency: -1})
	b := kind.New[none, none]("b", kind.Options{})
	kind.Event[none](b, "E", 0)
	_, err := kind.NewSet(a, b)
	for _, want := range []string{"kind a: configuration: ", "kind a: the concurrency", `kind a: the workflow function "run" is missing`,
		`kind b: event "E"`, "kind b: event E has schema 0", `kind b: the workflow function "run" is missing`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestTheMainFunctionTakesTheKindsInput(t *testing.T) {
	t.Parallel()
	k := kind.New[none, Wish]("a", kind.Options{})
	kind.Workflow(k, kind.Main, nothing[none, none])
	if _, err := kind.NewSet(k); err == nil || !strings.Contains(err.Error(), "workflow function run takes an input of type engine.None, but the kind's is kind_test.Wish") {
		t.Error(err)
	}
}

func TestAListToChooseFromNeedsItsOperation(t *testing.T) {
	t.Parallel()
	declare := func() *kind.Kind {
		k := kind.New[keyed, none]("a", kind.Options{Examples: examples(`{"key":"patInTheClear","table":"People"}`)})
		kind.Workflow(k, kind.Main, nothing[keyed, none])
		return k
	}
	if _, err := kind.NewSet(declare()); err == nil || !strings.Contains(err.Error(), "takes values from the operation list_tables, which is not declared") {
		t.Error(err)
	}
	k := declare()
	kind.Operation(k, "list_tables", kind.OperationOptions{Permission: workflow.WorkflowRead},
		func(context.Context, kind.Call[keyed, none]) ([]string, error) { return nil, nil })
	if _, err := kind.NewSet(k); err != nil {
		t.Error(err)
	}
}

func TestASetKnowsItsKinds(t *testing.T) {
	t.Parallel()
	a, b := plain("a", kind.Options{}), plain("b", kind.Options{})
	kind.Step(a, "s", engine.StepOptions[none]{}, step)
	kind.Write(b, "w", write)
	kind.Signal[none](b, "go")
	set, err := kind.NewSet(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if set.Kind("b") != b || set.Kind("c") != nil || len(set.Kinds()) != 2 {
		t.Errorf("%v", set.Kinds())
	}
	r := set.Registry()
	if r.Step("a/s") == nil || r.Write("b/w") == nil || !r.HasSignal("b/go") || r.Function("a/run") == nil || r.Function(b.Function()) == nil || r.Err() != nil {
		t.Errorf("%v %v %v %v, %v", r.Steps(), r.Writes(), r.Signals(), r.Functions(), r.Err())
	}
	if _, err := kind.NewSet(a); err == nil || !strings.Contains(err.Error(), "belongs to another set") {
		t.Errorf("a kind of two sets: %v", err)
	}
}

func TestAKindThatIsRefusedElsewhereStaysInItsSet(t *testing.T) {
	t.Parallel()
	k := NewGreeting()
	set, err := kind.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kind.NewSet(k); err == nil {
		t.Error("a kind of two sets")
	}
	set.Bind(&stored{kind: k.Name(), configs: []string{core}}, nil)
	if _, err := load(t, set, k.Function(), 1, ""); err != nil {
		t.Error(err)
	}
}

func TestMergedRegistriesKeepTheirMistakes(t *testing.T) {
	t.Parallel()
	a, b, all := engine.NewRegistry(), engine.NewRegistry(), engine.NewRegistry()
	for _, r := range []*engine.Registry{a, b} {
		engine.NewStep(r, "x/s", engine.StepOptions[none]{}, step)
		engine.NewSignal[none](r, "x/s")
		engine.NewWrite(r, "x/s", write)
		engine.NewWorkflow(r, "x/s", func(engine.Run, none) (none, error) { return none{}, nil })
	}
	engine.NewSignal[none](a, "Bad")
	all.Merge(a)
	all.Merge(b)
	lines := strings.Split(errors.Join(all.Err()).Error(), "\n")
	if len(lines) != 5 || all.Step("x/s") != a.Step("x/s") {
		t.Errorf("%q", lines)
	}
}
