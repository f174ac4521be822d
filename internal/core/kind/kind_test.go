package kind_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inStep is the context of a step.
func inStep(t *testing.T, info engine.StepInfo) context.Context {
	t.Helper()
	return engine.WithAttempt(t.Context(), &engine.Attempt{Info: info})
}

func TestAKindRuns(t *testing.T) {
	t.Parallel()
	set := greetings(t, &stored{configs: []string{`{"team":"core","names":["Ada","Grace"]}`}})
	got, err := run(t.Context(), set, set.Kind("team_greeting"), 1, `{"words":"Hi"}`)
	want := []string{
		`execution.created {"function":"team_greeting/run","engine":"local","version":1,"input":{"words":"Hi"}}`,
		`execution.started {"version":1}`,
		`execution.step_started {"step":"team_greeting/greet","path":"1","label":"Ada"}`,
		`team_greeting.greeted {"words":"Hi, Ada"}`,
		`execution.step_completed {"step":"team_greeting/greet","path":"1","label":"Ada"`,
		`execution.step_started {"step":"team_greeting/greet","path":"2","label":"Grace"}`,
		`team_greeting.greeted {"words":"Hi, Grace"}`,
		`execution.step_completed {"step":"team_greeting/greet","path":"2","label":"Grace"`,
		`"output":{"greeted":2}`,
	}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v: %q", err, got)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("%s\ndoes not say\n%s", got[i], want[i])
		}
	}
}

func TestAnExecutionOfAMissingVersionFails(t *testing.T) {
	t.Parallel()
	set := greetings(t, &stored{})
	got, err := run(t.Context(), set, set.Kind("team_greeting"), 1, ``)
	if last := got[len(got)-1]; err != nil || !strings.Contains(last, `"class":"fatal","code":"version_missing"`) {
		t.Errorf("%v: %s", err, last)
	}
}

func TestWhatAKindSaysOfItself(t *testing.T) {
	t.Parallel()
	k := NewGreeting()
	if k.Name() != "team_greeting" || k.Title() != "Team greeting" || k.Function() != "team_greeting/run" || k.Concurrency() != 1 ||
		k.Overlap() != kind.QueueAll || k.FreesLane() || k.Private() || len(k.Triggers())+len(k.Projections())+len(k.Operations()) != 0 {
		t.Errorf("%+v", k)
	}
	other := plain("a", kind.Options{Concurrency: 7, Overlap: kind.CancelOlder, FreesLane: true, Private: true})
	if other.Title() != "a" || other.Concurrency() != 7 || other.Overlap() != kind.CancelOlder || !other.FreesLane() || !other.Private() {
		t.Errorf("%+v", other)
	}
	if diff := cmp.Diff([]string{"team_greeting.greeted 1 kind_test.Greeted"}, eventsOf(k)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for name, schema := range map[string]json.RawMessage{"Team greeting": k.Schema(), "words": k.InputSchema()} {
		if !json.Valid(schema) || !strings.Contains(string(schema), `"`+name+`"`) {
			t.Errorf("no %s in %s", name, schema)
		}
	}
	secrets := kind.New[keyed, none]("a", kind.Options{})
	if diff := cmp.Diff([]string{"/key"}, secrets.SecretPointers()); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func eventsOf(k *kind.Kind) []string {
	var all []string
	for _, e := range k.Events() {
		all = append(all, strings.Join([]string{e.Type, string(rune('0' + e.Schema)), e.Data.String()}, " "))
	}
	return all
}

func TestValidation(t *testing.T) {
	t.Parallel()
	k := NewGreeting()
	kind.CheckInput(k, func(c Greeting, in Wish, found *strictjson.Findings) {
		if in.Words == c.Team {
			found.Fault("/words", "greets_itself", "a team does not greet itself")
		}
	})
	for config, want := range map[string]workflow.Problems{
		core:                                 {},
		`{"team":" ","nam":["Ada"]}`:         {Errors: []workflow.Problem{{Pointer: "/names", Code: "required"}, {Pointer: "/team", Code: "required"}, {Pointer: "/nam", Code: "unknown_key"}}},
		`{"team":"a","names":["A","B","C"]}`: {Warnings: []workflow.Problem{{Pointer: "/names", Code: "crowd"}}},
		`{"team":7,"names":["A","B","C"]}`:   {Errors: []workflow.Problem{{Pointer: "/team", Code: "invalid"}}, Warnings: []workflow.Problem{{Pointer: "/names", Code: "crowd"}}},
		`[]`:                                 {Errors: []workflow.Problem{{Code: "invalid"}}},
	} {
		if diff := cmp.Diff(want, short(k.Validate(json.RawMessage(config)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", config, diff)
		}
	}
	for input, want := range map[string]workflow.Problems{
		`{}`:                                  {},
		`null`:                                {},
		`{"words":"Hi"}`:                      {},
		`{"words":"core"}`:                    {Errors: []workflow.Problem{{Pointer: "/words", Code: "greets_itself"}}},
		`{"words":"much too long a welcome"}`: {Errors: []workflow.Problem{{Pointer: "/words", Code: "invalid"}}},
		`{"word":"Hi"}`:                       {Errors: []workflow.Problem{{Pointer: "/word", Code: "unknown_key"}}},
	} {
		if diff := cmp.Diff(want, short(k.ValidateInput(json.RawMessage(core), json.RawMessage(input)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", input, diff)
		}
	}
	if got := k.ValidateInput(json.RawMessage(`{`), json.RawMessage(`{}`)); len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Detail, "configuration cannot be read") {
		t.Errorf("a broken configuration: %+v", got)
	}
}

// short leaves pointers and codes.
func short(p workflow.Problems) workflow.Problems {
	for _, list := range [][]workflow.Problem{p.Errors, p.Warnings} {
		for i := range list {
			list[i].Detail = ""
		}
	}
	return p
}

func TestTablesOfAKind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		var add, remove string
		k := plain("a", kind.Options{Tables: kind.Tables{
			Files: tables("INSERT INTO a_rows (workspace, workflow) VALUES ($1, $2)"), Statements: map[string]*string{"add_row": &add, "drop_rows": &remove},
			Archive: func(ctx context.Context, tx db.Tx, ws workflow.WorkspaceID, id workflow.ID) error {
				workspace, err := tx.Workspace(ctx, string(ws))
				if err == nil {
					_, err = tx.Exec(ctx, remove, workspace, string(id))
				}
				return err
			}}})
		kind.RowOutcomes(k)
		for range 2 { // the second start finds everything in place
			if err := k.Migrate(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
			workspace, err := tx.Workspace(ctx, "ws_1")
			_, first := tx.Exec(ctx, add, workspace, "wf_1")
			_, second := tx.Exec(ctx, add, workspace, "wf_2")
			return errors.Join(err, first, second, k.Archive(ctx, tx, "ws_1", "wf_1"))
		})
		if err != nil {
			t.Fatal(err)
		}
		var rows, outcomes int
		if err := errors.Join(d.Read().QueryRow(t.Context(), "SELECT count(*) FROM a_rows").Scan(&rows),
			d.Read().QueryRow(t.Context(), "SELECT count(*) FROM kind_outcome_rows").Scan(&outcomes)); err != nil || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
		second := plain("z", kind.Options{Tables: kind.Tables{Files: fstest.MapFS{"migrations/00001_z.sql": {Data: []byte("-- +goose Up\nCREATE TABLE z_rows (workspace BIGINT NOT NULL);\n")}, "sql/z.sql": {}}}})
		if err := second.Migrate(t.Context(), d); err != nil {
			t.Errorf("the tables of a second kind: %v", err)
		}
		broken := plain("b", kind.Options{Tables: kind.Tables{Files: fstest.MapFS{"migrations/00001_b.sql": {Data: []byte("-- +goose Up\nCREATE TABLE b_rows (workspace BIGINT NOT NULL);\n")},
			"sql/b.sql": {Data: []byte("-- name: count_rows\nSELECT count(*) FROM b_rows\n")}}}})
		if err := broken.Migrate(t.Context(), d); err == nil || !strings.Contains(err.Error(), "the tables of b: ") {
			t.Errorf("a statement that no one uses: %v", err)
		}
		bare := plain("c", kind.Options{})
		if err := errors.Join(bare.Migrate(t.Context(), d), bare.Archive(t.Context(), nil, "ws_1", "wf_1")); err != nil {
			t.Error(err)
		}
	})
}

func tables(add string) fs.FS {
	return fstest.MapFS{
		"migrations/00001_rows.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a_rows (workspace BIGINT NOT NULL, workflow {text} NOT NULL);\n")},
		"sql/a_rows.sql":            {Data: []byte("-- name: add_row\n" + add + "\n-- name: drop_rows\nDELETE FROM a_rows WHERE workspace = $1 AND workflow = $2\n")},
	}
}

func TestRecordedEventsAreDeclared(t *testing.T) {
	t.Parallel()
	k := kind.New[none, none]("a", kind.Options{})
	own := kind.Event[Greeted](k, "greeted", 2)
	kind.Workflow(k, kind.Main, nothing[none, none])
	other := kind.Event[Greeted](plain("b", kind.Options{}), "greeted", 1)
	if _, err := kind.NewSet(k); err != nil {
		t.Fatal(err)
	}
	late := kind.Event[Greeted](k, "late", 1)
	for name, test := range map[string]struct {
		event kind.Recorder[Greeted]
		step  string
		says  string
	}{
		"its own":               {own, "a/s", ""},
		"another kind's":        {other, "a/s", "step a/s records b.greeted, an event of the kind b"},
		"of a kind named alike": {own, "a_b/s", "an event of the kind a"},
		"declared too late":     {late, "a/s", "which was declared too late"},
		"never declared":        {kind.Recorder[Greeted]{}, "a/s", "that no kind has declared"},
	} {
		a := &engine.Attempt{Info: engine.StepInfo{Step: test.step}}
		err := test.event.Record(engine.WithAttempt(t.Context(), a), Greeted{Words: "Hi"})
		events, _ := a.Left()
		if test.says == "" {
			want := []engine.EncodedEvent{{Type: "a.greeted", Schema: 2, Data: []byte(`{"words":"Hi"}`)}}
			if diff := cmp.Diff(want, events); diff != "" || err != nil || own.Type() != "a.greeted" {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
			continue
		}
		if failure.CodeOf(err) != kind.CodeUndeclaredEvent || failure.ClassOf(err) != failure.Fatal || !strings.Contains(err.Error(), test.says) || len(events) > 0 {
			t.Errorf("%s: %v, %v", name, err, events)
		}
	}
	if err := own.Record(t.Context(), Greeted{}); !errors.Is(err, engine.ErrNotInStep) {
		t.Errorf("outside of a step: %v", err)
	}
	if len(k.Events()) != 1 || k.Events()[0].Data != reflect.TypeFor[Greeted]() {
		t.Errorf("%+v", k.Events())
	}
}

// A step that records an event of another kind fails for good.
func TestAnUndeclaredEventFailsItsStep(t *testing.T) {
	t.Parallel()
	other := kind.Event[Greeted](plain("b", kind.Options{}), "greeted", 1)
	k := kind.New[none, none]("a", kind.Options{})
	s := kind.Step(k, "s", engine.StepOptions[none]{}, func(ctx context.Context, _ none) (none, error) { return none{}, other.Record(ctx, Greeted{}) })
	kind.Workflow(k, kind.Main, func(run engine.Run, _ kind.Start[none, none]) (none, error) { return s.Do(run, none{}) })
	set, err := kind.NewSet(k)
	if err != nil {
		t.Fatal(err)
	}
	set.Bind(&stored{kind: "a", configs: []string{`{}`}}, nil)
	got, err := run(t.Context(), set, k, 1, "")
	if last := got[len(got)-1]; err != nil || len(got) != 5 || !strings.Contains(last, "execution.failed") || !strings.Contains(last, kind.CodeUndeclaredEvent) {
		t.Errorf("%v: %q", err, got)
	}
}

func TestAnOperationIsCalledWithTypes(t *testing.T) {
	t.Parallel()
	k := kind.New[Greeting, none]("a", kind.Options{})
	kind.Operation(k, "greet", kind.OperationOptions{Permission: workflow.WorkflowRead, Title: "Greet"},
		func(_ context.Context, c kind.Call[Greeting, Wish]) (Greeted, error) {
			if c.In.Words == "" {
				return Greeted{}, errors.New("speechless")
			}
			return Greeted{Words: c.In.Words + ", " + c.Config.Team + " of " + string(c.Workflow) + " and " + string(c.Caller.Principal)}, nil
		})
	spec := k.Operations()[0]
	if spec.Name != "greet" || spec.Permission != workflow.WorkflowRead || !json.Valid(spec.In) || !strings.Contains(string(spec.Out), `"words"`) {
		t.Errorf("%+v", spec)
	}
	call := func(config, in string) (string, error) {
		out, err := spec.Call(t.Context(), workflow.Caller{Principal: "pr_1"}, "wf_1", json.RawMessage(config), json.RawMessage(in))
		return string(out), err
	}
	if out, err := call(core, ""); out != `{"words":"Hello, core of wf_1 and pr_1"}` || err != nil {
		t.Errorf("%s, %v", out, err)
	}
	var refused *workflow.Error
	if _, err := call(`{}`, ""); !errors.As(err, &refused) || refused.Category != workflow.CategoryInvalid || refused.Code != "invalid_config" || len(refused.Problems) != 2 {
		t.Errorf("a configuration with faults: %v", err)
	}
	if _, err := call(core, `{"word":1}`); !errors.As(err, &refused) || refused.Code != "invalid_in" {
		t.Errorf("an input with faults: %v", err)
	}
	if _, err := call(core, `{"words":""}`); err == nil || err.Error() != "speechless" {
		t.Errorf("an error of the operation: %v", err)
	}
}

func TestRowOutcomesAreAttached(t *testing.T) {
	t.Parallel()
	k := plain("a", kind.Options{})
	outcomes := kind.RowOutcomes(k)
	a := &engine.Attempt{Info: engine.StepInfo{Step: "a/s"}}
	ctx := engine.WithAttempt(t.Context(), a)
	rows := make([]outcome.Row, 201)
	for i := range rows {
		rows[i] = outcome.Row{Table: "People", Record: "rec", What: outcome.Skipped, Message: strings.Repeat("x", 600)}
	}
	if err := errors.Join(outcomes.Record(ctx), outcomes.Record(ctx, rows...), outcomes.Count(ctx, outcome.Count{Table: "People", Rows: 7})); err != nil {
		t.Fatal(err)
	}
	_, writes := a.Left()
	var sizes []int
	for _, w := range writes {
		var b outcome.Batch
		if err := json.Unmarshal(w.Data, &b); err != nil || w.Write.Name != "a/row_outcomes" {
			t.Fatal(err, w.Write.Name)
		}
		sizes = append(sizes, len(b.Rows), len(b.More))
		for _, r := range b.Rows {
			if len(r.Message) != 500 {
				t.Fatalf("a message of %d bytes", len(r.Message))
			}
		}
	}
	if diff := cmp.Diff([]int{200, 0, 1, 0, 0, 1}, sizes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := outcomes.Record(t.Context(), rows[0]); !errors.Is(err, engine.ErrNotInStep) {
		t.Errorf("outside of a step: %v", err)
	}
}
