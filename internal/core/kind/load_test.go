package kind_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// greetings is a set of team_greeting, bound to versions.
func greetings(t *testing.T, s *stored) *kind.Set {
	t.Helper()
	set, err := kind.NewSet(NewGreeting())
	if err != nil {
		t.Fatal(err)
	}
	if s.kind == "" {
		s.kind = "team_greeting"
	}
	set.Bind(s, s)
	return set
}

// load returns what a function begins with.
func load(t *testing.T, set *kind.Set, function string, version int, input string) (any, error) {
	t.Helper()
	info := engine.Info{Workspace: "ws_1", Execution: "ex_1", Generation: 1, Function: function, Definition: "wf_1", Version: version}
	return set.Registry().Function(function).Load(t.Context(), info, []byte(input))
}

const core = `{"team":"core","names":["Ada"]}`

func TestWhatAFunctionBeginsWith(t *testing.T) {
	t.Parallel()
	s := &stored{configs: []string{core, `{"team":"other","names":["Bob"],"gone":1}`, `{"team":7}`, `{`},
		inputs: map[string]string{"ex_1/in_1": `{"words":"Private"}`}}
	ada, bob := Greeting{Team: "core", Names: []string{"Ada"}}, Greeting{Team: "other", Names: []string{"Bob"}}
	for name, test := range map[string]struct {
		version int
		input   string
		want    kind.Start[Greeting, Wish]
		code    string
		class   failure.Class
		says    string
	}{
		"no input":                   {version: 1, want: kind.Start[Greeting, Wish]{Config: ada, Input: Wish{Words: "Hello"}}},
		"an empty input":             {version: 1, input: `{}`, want: kind.Start[Greeting, Wish]{Config: ada, Input: Wish{Words: "Hello"}}},
		"an input":                   {version: 1, input: `{"words":"Hi"}`, want: kind.Start[Greeting, Wish]{Config: ada, Input: Wish{Words: "Hi"}}},
		"an input stored apart":      {version: 1, input: string(workflow.PayloadInput("in_1")), want: kind.Start[Greeting, Wish]{Config: ada, Input: Wish{Words: "Private"}}},
		"an older version's keys":    {version: 2, want: kind.Start[Greeting, Wish]{Config: bob, Input: Wish{Words: "Hello"}}},
		"an input that is not there": {version: 1, input: `"payload:in_2"`, code: engine.CodeInputMissing, class: failure.Fatal, says: "in_2, cannot be read back: no such input"},
		"an input of another form":   {version: 1, input: `{"words":7}`, code: engine.CodeBadInput, class: failure.Validation, says: "/words"},
		"another text":               {version: 1, input: `"text"`, code: engine.CodeBadInput, class: failure.Validation},
		"no such version":            {version: 9, code: kind.CodeVersionMissing, class: failure.Fatal, says: "version 9 of workflow wf_1"},
		"no version":                 {version: 0, code: kind.CodeVersionMissing, class: failure.Fatal},
		"a version of another form":  {version: 3, code: kind.CodeVersionUnreadable, class: failure.Validation, says: "/team"},
		"a version that is no JSON":  {version: 4, code: kind.CodeVersionUnreadable, class: failure.Validation},
	} {
		got, err := load(t, greetings(t, s), "team_greeting/run", test.version, test.input)
		if test.code != "" {
			if failure.CodeOf(err) != test.code || failure.ClassOf(err) != test.class || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %s %s: %v", name, failure.ClassOf(err), failure.CodeOf(err), err)
			}
			continue
		}
		if diff := cmp.Diff(any(test.want), got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// A reading that fails must never end an execution, whatever it fails with.
func TestAReadingThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	cause := failure.New(failure.Fatal, "storage_failed", "the disk fails")
	s := &stored{configs: []string{core}, fail: cause}
	set := greetings(t, s)
	if _, err := load(t, set, "team_greeting/run", 1, ""); failure.ClassOf(err) != failure.Transient || !errors.Is(err, cause) {
		t.Errorf("a version: %s %v", failure.ClassOf(err), err)
	}
	s.fail = nil
	if _, err := load(t, set, "team_greeting/run", 1, ""); err != nil {
		t.Fatal(err)
	}
	s.fail = cause
	if _, err := load(t, set, "team_greeting/run", 1, `"payload:in_1"`); failure.ClassOf(err) != failure.Transient || !errors.Is(err, cause) {
		t.Errorf("an input: %s %v", failure.ClassOf(err), err)
	}
	unbound, err := kind.NewSet(NewGreeting())
	if err != nil {
		t.Fatal(err)
	}
	unbound.Bind(&stored{kind: "team_greeting", configs: []string{core}}, nil)
	if _, err := load(t, unbound, "team_greeting/run", 1, `"payload:in_1"`); failure.ClassOf(err) != failure.Transient || failure.CodeOf(err) != "not_bound" {
		t.Errorf("without inputs: %v", err)
	}
	unbound.Bind(nil, nil)
	if _, err := load(t, unbound, "team_greeting/run", 1, ""); failure.ClassOf(err) != failure.Transient || failure.CodeOf(err) != "not_bound" {
		t.Errorf("before Bind: %v", err)
	}
}

func TestAVersionOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	set := greetings(t, &stored{kind: "airtable_sync", configs: []string{core}})
	if _, err := load(t, set, "team_greeting/run", 1, ""); failure.CodeOf(err) != kind.CodeVersionUnreadable || failure.ClassOf(err) != failure.Fatal {
		t.Error(err)
	}
}

// A version that is remembered is of its kind alone, whoever asks next.
func TestARememberedVersionOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	other := kind.New[Greeting, Wish]("other", kind.Options{})
	kind.Workflow(other, kind.Main, func(engine.Run, kind.Start[Greeting, Wish]) (int, error) { return 0, nil })
	set, err := kind.NewSet(NewGreeting(), other)
	if err != nil {
		t.Fatal(err)
	}
	set.Bind(everywhere{}, nil)
	if _, err := load(t, set, "team_greeting/run", 1, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, set, "other/run", 1, ""); failure.CodeOf(err) != kind.CodeVersionUnreadable {
		t.Error(err)
	}
}

// everywhere has a version of every workflow, named after it.
type everywhere struct{}

func (everywhere) Version(_ context.Context, ws workflow.WorkspaceID, id workflow.ID, n int) (workflow.VersionData, error) {
	return workflow.VersionData{Kind: "team_greeting", Config: fmt.Appendf(nil, `{"team":"%s %s %d","names":["Ada"]}`, ws, id, n)}, nil
}

func TestVersionsAreKeptApart(t *testing.T) {
	t.Parallel()
	set, err := kind.NewSet(NewGreeting())
	if err != nil {
		t.Fatal(err)
	}
	set.Bind(everywhere{}, nil)
	for range 2 {
		for _, info := range []engine.Info{{Workspace: "ws_1", Definition: "wf_1", Version: 1}, {Workspace: "ws_2", Definition: "wf_1", Version: 1},
			{Workspace: "ws_1", Definition: "wf_2", Version: 1}, {Workspace: "ws_1", Definition: "wf_1", Version: 2}} {
			got, err := set.Registry().Function("team_greeting/run").Load(t.Context(), info, nil)
			want := fmt.Sprintf("%s %s %d", info.Workspace, info.Definition, info.Version)
			if err != nil || got.(kind.Start[Greeting, Wish]).Config.Team != want {
				t.Errorf("%+v, %v, want %s", got, err, want)
			}
		}
	}
}

func TestVersionsAreDecodedOnce(t *testing.T) {
	t.Parallel()
	s := &stored{}
	const kept = 1_000
	for i := range kept + 1 {
		s.configs = append(s.configs, fmt.Sprintf(`{"team":"%d","names":["Ada"]}`, i+1))
	}
	set := greetings(t, s)
	read := func(version, want int) {
		t.Helper()
		got, err := load(t, set, "team_greeting/run", version, "")
		if err != nil || got.(kind.Start[Greeting, Wish]).Config.Team != fmt.Sprint(version) || s.reads != want {
			t.Fatalf("version %d: %+v, %v, %d reads, want %d", version, got, err, s.reads, want)
		}
	}
	for version := 1; version <= kept; version++ {
		read(version, version)
	}
	read(1, kept)        // now the one that was used last
	read(kept+1, kept+1) // drops version 2
	read(1, kept+1)
	read(3, kept+1)
	read(2, kept+2)
}

// One huge configuration must not push out everything, but many may not fill
// the memory.
func TestLargeVersionsDropOthers(t *testing.T) {
	t.Parallel()
	huge := func(team string) string {
		return `{"team":"` + team + `","names":["` + strings.Repeat("x", 900<<10) + `"]}`
	}
	s := &stored{}
	for i := range 40 {
		s.configs = append(s.configs, huge(fmt.Sprint(i)))
	}
	set := greetings(t, s)
	for version := 1; version <= 40; version++ {
		if _, err := load(t, set, "team_greeting/run", version, ""); err != nil {
			t.Fatal(err)
		}
	}
	for version, want := range map[int]int{40: 40, 10: 40} {
		if _, err := load(t, set, "team_greeting/run", version, ""); err != nil || s.reads != want {
			t.Errorf("version %d: %d reads, want %d; %v", version, s.reads, want, err)
		}
	}
	if _, err := load(t, set, "team_greeting/run", 1, ""); err != nil || s.reads != 41 {
		t.Errorf("the oldest is still kept: %d reads, %v", s.reads, err)
	}
}

// What the next generation begins with need not have the form that people write.
func TestTheInputOfAFurtherGeneration(t *testing.T) {
	t.Parallel()
	set := greetings(t, &stored{configs: []string{core}})
	raw, ok := engine.Continuation(kind.ContinueAsNew(Wish{}))
	if !ok {
		t.Fatal("not a continuation")
	}
	got, err := load(t, set, "team_greeting/run", 1, string(raw))
	want := kind.Start[Greeting, Wish]{Config: Greeting{Team: "core", Names: []string{"Ada"}}} // no default in place of what was passed
	if diff := cmp.Diff(any(want), got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}

	raw, _ = engine.Continuation(kind.ContinueWith(Wish{}, map[string]int{"done": 7}))
	got, err = load(t, set, "team_greeting/run", 1, string(raw))
	want.Carried = json.RawMessage(`{"done":7}`)
	if diff := cmp.Diff(any(want), got); diff != "" || err != nil {
		t.Errorf("with more beside it: %v (-want +got):\n%s", err, diff)
	}
}

// Only a generation can leave something to another one.
func TestAStartCarriesNothing(t *testing.T) {
	t.Parallel()
	set := greetings(t, &stored{configs: []string{core}})
	got, err := load(t, set, "team_greeting/run", 1, `{"$carried":{"done":7}}`)
	if s, ok := got.(kind.Start[Greeting, Wish]); !ok || s.Carried != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAChildTakesWhatItsParentGives(t *testing.T) {
	t.Parallel()
	k := NewGreeting()
	kind.Workflow(k, "part", nothing[Greeting, string])
	set, err := kind.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	s := &stored{kind: k.Name(), configs: []string{core}}
	set.Bind(s, s)
	config := Greeting{Team: "core", Names: []string{"Ada"}}
	for input, want := range map[string]string{``: "", `"payload:in_1"`: "payload:in_1", `"Ada"`: "Ada", `{"$continued":"Bob"}`: "Bob"} {
		got, err := load(t, set, "team_greeting/part", 1, input)
		if diff := cmp.Diff(any(kind.Start[Greeting, string]{Config: config, Input: want}), got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", input, err, diff)
		}
	}
	if _, err := load(t, set, "team_greeting/part", 1, `7`); failure.CodeOf(err) != engine.CodeBadInput || failure.ClassOf(err) != failure.Validation {
		t.Errorf("another type: %v", err)
	}
}

func TestAStepReadsTheVersionOfItsExecution(t *testing.T) {
	t.Parallel()
	k := NewGreeting()
	set, err := kind.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	s := &stored{kind: k.Name(), configs: []string{core, `{"team":"two","names":["Bob"]}`}}
	set.Bind(s, s)
	ctx := inStep(t, engine.StepInfo{Info: engine.Info{Workspace: "ws_1", Execution: "ex_1", Definition: "wf_1", Version: 2}})
	if got, err := kind.ConfigOf[Greeting](ctx, k); err != nil || got.Team != "two" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := kind.ConfigOf[Wish](ctx, k); failure.CodeOf(err) != "wrong_config_type" {
		t.Errorf("another type: %v", err)
	}
	if _, err := kind.ConfigOf[Greeting](t.Context(), k); !errors.Is(err, engine.ErrNotInStep) {
		t.Errorf("outside of a step: %v", err)
	}
}
