package takeover_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/takeover"
)

var own = engine.Root{Execution: "ex_new", Generation: 1}

// registry has a step that may be read anew, and one that has effects.
func registry() *engine.Registry {
	r := engine.NewRegistry()
	never := func(context.Context, int) (int, error) { panic("nothing runs") }
	engine.NewStep(r, "k/look", engine.StepOptions[int]{ReadOnly: true, Reread: true}, never)
	engine.NewStep(r, "k/act", engine.StepOptions[int]{Reread: true}, never)
	return r
}

// entries are those of an execution that begins as b says and has failed.
func entries(b journal.Begin, records ...journal.Record) []journal.Entry {
	if b.Function == "" {
		b.Function = "k/f"
	}
	if b.Engine == "" {
		b.Engine = "local"
	}
	all := []journal.Entry{{Version: 1, Record: &journal.Record{Type: journal.Created, Begin: &b}}}
	for i := range records {
		all = append(all, journal.Entry{Version: int64(i + 2), Record: &records[i]})
	}
	return append(all, journal.Entry{Record: &journal.Record{Type: journal.Failed}})
}

// from is what a redrive takes over.
func from(t *testing.T, all []journal.Entry) *journal.Origin {
	t.Helper()
	o, err := takeover.From(&engine.Start{Workspace: "ws", Function: "k/f", Origin: &engine.Origin{Execution: "ex_old"}}, all, own, registry())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// feed adds up the parts.
func feed(o *journal.Origin) *engine.Feed {
	f := engine.NewFeed()
	for _, p := range o.Parts {
		maps.Copy(f.Results, p.Results)
		maps.Copy(f.Scopes, p.Scopes)
		maps.Copy(f.Children, p.Children)
		maps.Copy(f.Versions, p.Versions)
	}
	return f
}

func done(path string) journal.Record {
	return journal.Record{Type: journal.StepCompleted, Path: path, Name: "k/a", Out: json.RawMessage("1")}
}

func step(path string) (string, engine.Fed) {
	return path, engine.Fed{What: engine.FedStep, Name: "k/a", Out: json.RawMessage("1")}
}

func steps(paths ...string) map[string]engine.Fed {
	all := map[string]engine.Fed{}
	for _, path := range paths {
		at, fed := step(path)
		all[at] = fed
	}
	return all
}

func TestResults(t *testing.T) {
	t.Parallel()
	signal := func(name, data string) journal.Record {
		return journal.Record{Type: journal.Signal, Name: name, Out: json.RawMessage(data)}
	}
	o := from(t, entries(journal.Begin{Unread: []engine.Message{{N: 7, Name: "k/no", Data: json.RawMessage("1")}}},
		done("1"), journal.Record{Type: journal.StepFailed, Path: "2", Name: "k/b"},
		journal.Record{Type: journal.TimerSet, Path: "3"}, journal.Record{Type: journal.TimerFired, Path: "3"},
		journal.Record{Type: journal.WaitBegan, Path: "4", Name: "k/yes"}, journal.Record{Type: journal.TimerFired, Path: "4"},
		signal("k/yes", "2"), signal("k/yes", "3"), journal.Record{Type: journal.SignalTaken, Path: "5", Name: "k/yes", N: 2},
		journal.Record{Type: journal.ChildStarted, Path: "6", Name: "k/c", Child: "ex_6"}, journal.Record{Type: journal.ChildEnded, Path: "6", Name: "k/c", Child: "ex_6", Out: json.RawMessage("6")},
		journal.Record{Type: journal.ChildStarted, Path: "7", Name: "k/c", Child: "ex_7"}, journal.Record{Type: journal.ChildEnded, Path: "7", Name: "k/c", Child: "ex_7", Err: &engine.Error{Code: "x"}},
		journal.Record{Type: journal.ChildStarted, Path: "8", Name: "k/d", Child: "ex_8"},
		journal.Record{Type: journal.VersionMarked, Name: "change", N: 2}, journal.Record{Type: journal.TimerSet, Path: "9"}))
	want := &engine.Feed{Results: steps("1"), Versions: map[string]int{"change": 2},
		Children: map[string]engine.Unfinished{"7": {Execution: "ex_7", Function: "k/c"}, "8": {Execution: "ex_8", Function: "k/d"}}}
	want.Results["3"] = engine.Fed{What: engine.FedSleep}
	want.Results["4"] = engine.Fed{What: engine.FedDeadline}
	want.Results["5"] = engine.Fed{What: engine.FedSignal, Name: "k/yes", Out: json.RawMessage("2")}
	want.Results["6"] = engine.Fed{What: engine.FedChild, Name: "k/c", Out: json.RawMessage("6"), Child: "ex_6"}
	if diff := cmp.Diff(want, feed(o), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	unread := []engine.Message{{N: 1, Name: "k/no", Data: json.RawMessage("1")}, {N: 3, Name: "k/yes", Data: json.RawMessage("3")}}
	if diff := cmp.Diff(unread, o.Unread); diff != "" {
		t.Error(diff)
	}
}

// What the origin had taken over counts no more behind what it did itself.
func TestChains(t *testing.T) {
	t.Parallel()
	taken := journal.Record{Type: journal.Fed, Feed: &engine.Feed{Results: steps("1", "2", "3", "4.0.1", "4.0.2", "4.1.1", "5"),
		Children: map[string]engine.Unfinished{"6": {Execution: "ex_6"}}, Versions: map[string]int{"a": 1}}}
	for name, c := range map[string]struct {
		did      []journal.Record
		want     map[string]engine.Fed
		children int
	}{
		"nothing":              {nil, taken.Feed.Results, 1},
		"the last":             {[]journal.Record{done("7")}, steps("1", "2", "3", "4.0.1", "4.0.2", "4.1.1", "5", "7"), 1},
		"the second, failed":   {[]journal.Record{{Type: journal.StepFailed, Path: "2"}}, steps("1"), 0},
		"the second, begun":    {[]journal.Record{{Type: journal.StepStarted, Path: "2"}}, steps("1"), 0},
		"the second, done":     {[]journal.Record{done("2")}, steps("1", "2"), 0},
		"in a branch":          {[]journal.Record{{Type: journal.StepFailed, Path: "4.0.2"}}, steps("1", "2", "3", "4.0.1", "4.1.1"), 0},
		"at a branch's start":  {[]journal.Record{done("4.1.1")}, steps("1", "2", "3", "4.0.1", "4.0.2", "4.1.1"), 0},
		"a wait in a branch":   {[]journal.Record{{Type: journal.WaitBegan, Path: "4.0.1"}}, steps("1", "2", "3", "4.1.1"), 0},
		"a note":               {[]journal.Record{{Type: journal.StepRetrying, Path: "2"}, {Type: journal.Checkpoint, Path: "2"}}, taken.Feed.Results, 1},
		"the child, in one go": {[]journal.Record{{Type: journal.ChildStarted, Path: "6", Name: "k/c", Child: "ex_new"}}, taken.Feed.Results, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := feed(from(t, entries(journal.Begin{}, append([]journal.Record{taken}, c.did...)...)))
			if diff := cmp.Diff(c.want, f.Results); diff != "" {
				t.Error(diff)
			}
			if len(f.Children) != c.children || f.Versions["a"] != 1 {
				t.Errorf("children %v, versions %v", f.Children, f.Versions)
			}
			if c.children == 1 && name == "the child, in one go" && f.Children["6"].Execution != "ex_new" {
				t.Errorf("the child is %+v", f.Children["6"])
			}
		})
	}
}

// What was read last, and nothing was done about, is not taken over.
func TestRereads(t *testing.T) {
	t.Parallel()
	look := func(path string) journal.Record {
		return journal.Record{Type: journal.StepCompleted, Path: path, Name: "k/look", Out: json.RawMessage("1"), ReadOnly: true}
	}
	after := func(typ journal.Type) []journal.Record {
		return []journal.Record{look("1"), {Type: typ, Path: "2", Name: "k/x"}, look("3.0.1"), look("3.1.1"), done("3.1.2")}
	}
	signal := journal.Record{Type: journal.Signal, Name: "k/x"}
	for name, c := range map[string]struct {
		did  []journal.Record
		want string
	}{
		"nothing else":   {[]journal.Record{look("1"), done("2"), {Type: journal.StepFailed, Path: "3"}}, "2"},
		"an effect":      {after(journal.StepStarted), "1 3.1.2"},
		"a sleep":        {after(journal.TimerSet), "1 3.1.2"},
		"a wait":         {after(journal.WaitBegan), "1 3.1.2"},
		"a child":        {after(journal.ChildStarted), "1 3.1.2"},
		"a signal":       {append([]journal.Record{signal, look("1"), {Type: journal.SignalTaken, Path: "2", Name: "k/x", N: 1}}, look("3")), "1 2"},
		"a signal came":  {[]journal.Record{look("1"), signal}, ""},
		"a change":       {[]journal.Record{look("1"), {Type: journal.VersionMarked, Name: "c", N: 1}}, ""},
		"inherited":      {[]journal.Record{{Type: journal.Fed, Feed: &engine.Feed{Results: steps("1")}}, look("2")}, "1"},
		"not to be read": {[]journal.Record{{Type: journal.StepCompleted, Path: "1", Name: "k/act", Out: json.RawMessage("1")}}, "1"},
	} {
		f := feed(from(t, entries(journal.Begin{}, c.did...)))
		if got := strings.Join(slices.Sorted(maps.Keys(f.Results)), " "); got != c.want {
			t.Errorf("%s: %q is fed, want %q", name, got, c.want)
		}
	}
}

func TestUndoneScopes(t *testing.T) {
	t.Parallel()
	middle := engine.Root{Execution: "ex_middle", Generation: 1}
	f := feed(from(t, entries(journal.Begin{},
		journal.Record{Type: journal.Fed, Feed: &engine.Feed{Scopes: map[string]engine.FedScope{"1": {Root: middle, Undone: true}, "9": {Root: middle}}}},
		done("1"), done("2.0.1"), done("2.0.2"), done("2.0.10"), done("2.1.2"), done("3"), journal.Record{Type: journal.ChildStarted, Path: "2.0.3", Name: "k/c", Child: "ex_c"},
		journal.Record{Type: journal.Compensating, Path: "2.0.2", N: 1})))
	if diff := cmp.Diff(steps("1", "2.0.1", "2.1.2", "3"), f.Results); diff != "" {
		t.Error(diff)
	}
	want := map[string]engine.FedScope{"1": {Root: middle}, "9": {Root: middle}, "2.0.2~": {Root: own, Undone: true}}
	if diff := cmp.Diff(want, f.Scopes); diff != "" {
		t.Error(diff)
	}
	if len(f.Children) != 0 {
		t.Errorf("children %v", f.Children)
	}
}

func TestWhatARedriveIs(t *testing.T) {
	t.Parallel()
	root := &engine.Root{Execution: "ex_first", Generation: 4}
	all := entries(journal.Begin{Generation: 3, Private: true, Input: json.RawMessage("5"), Root: root}, done("1"))
	o := from(t, all)
	if *o.Root != *root || !o.Private || !o.Continues || string(o.Input) != "5" || *o.Named != (engine.Origin{Execution: "ex_old", Generation: 3}) {
		t.Errorf("%+v", o)
	}
	fresh, err := takeover.From(&engine.Start{Function: "k/f", Origin: &engine.Origin{Execution: "ex_old", Generation: 3, Fresh: true}}, all, own, registry())
	if err != nil || fresh.Root != nil || fresh.Parts != nil || fresh.Continues || !fresh.Private || !fresh.Named.Fresh {
		t.Errorf("%+v (%v)", fresh, err)
	}
	for name, s := range map[string]engine.Start{
		"generation": {Function: "k/f", Origin: &engine.Origin{Generation: 2}},
		"function":   {Function: "k/g", Origin: &engine.Origin{}},
	} {
		if _, err := takeover.From(&s, all, own, registry()); !errors.Is(err, engine.ErrNoOrigin) {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	failed := entries(journal.Begin{})
	completed := append(slices.Clone(failed[:1]), journal.Entry{Record: &journal.Record{Type: journal.Completed}})
	for name, c := range map[string]struct {
		engine string
		all    []journal.Entry
		want   string
	}{
		"failed":         {"local", failed, ""},
		"another engine": {"other", failed, "not of the engine"},
		"open":           {"local", failed[:1], "has not ended"},
		"completed":      {"local", completed, "has completed"},
	} {
		err := takeover.Check("ex", c.engine, c.all)
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, engine.ErrNoOrigin) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLargeFeedsAreCut(t *testing.T) {
	t.Parallel()
	var records []journal.Record
	for _, path := range []string{"1", "2", "3", "4", "5"} {
		r := done(path)
		r.Out = json.RawMessage(`"` + strings.Repeat("x", 100<<10) + `"`)
		records = append(records, r)
	}
	o := from(t, entries(journal.Begin{}, records...))
	if len(o.Parts) != 3 || len(feed(o).Results) != 5 {
		t.Errorf("%d parts with %d results", len(o.Parts), len(feed(o).Results))
	}
	for _, p := range o.Parts {
		if len(p.Results) > 2 {
			t.Errorf("%d results in one part", len(p.Results))
		}
	}
}
