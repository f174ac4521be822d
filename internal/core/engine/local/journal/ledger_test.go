package journal_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func record(of journal.Type) *journal.Record {
	r := &journal.Record{Type: of}
	if of == journal.Created {
		r.Begin = &journal.Begin{Function: "k/f", Version: 3}
	}
	return r
}

// after returns the ledger after records, each with the next version.
func after(rs ...*journal.Record) *journal.Ledger {
	l := journal.New("ws", "ex")
	for _, r := range rs {
		l.Version++
		l.See(r)
	}
	return l
}

func parked(path, reason string, at int64) *journal.Record {
	return &journal.Record{Type: journal.Parked, Path: path, Reason: reason, At: at}
}

func TestWhereItStands(t *testing.T) {
	t.Parallel()
	created, started := record(journal.Created), record(journal.Started)
	cancel, paused := record(journal.CancelRequested), record(journal.Paused)
	for _, c := range []struct {
		name    string
		records []*journal.Record
		want    workflow.ExecutionState
		gated   bool
	}{
		{"created", []*journal.Record{created}, workflow.Pending, false},
		{"started", []*journal.Record{created, started}, workflow.Running, false},
		{"paused before", []*journal.Record{created, paused}, workflow.Paused, true},
		{"paused", []*journal.Record{created, started, paused}, workflow.Paused, true},
		{"resumed", []*journal.Record{created, started, paused, record(journal.Resumed)}, workflow.Running, false},
		{"parked", []*journal.Record{created, started, parked("1", "r", 0)}, workflow.Parked, true},
		{"parked and paused", []*journal.Record{created, started, paused, parked("1", "r", 0)}, workflow.Parked, true},
		{"answered, not unparked", []*journal.Record{created, started, parked("1", "r", 0), {Type: journal.Answered, Path: "1"}}, workflow.Parked, true},
		{"unparked", []*journal.Record{created, started, parked("1", "r", 0), record(journal.Unparked)}, workflow.Running, false},
		{"unparked and paused", []*journal.Record{created, started, paused, parked("1", "r", 0), record(journal.Unparked)}, workflow.Paused, true},
		{"mended", []*journal.Record{created, started, parked("1", "r", 0), parked("", "n", 0), record(journal.Mended)}, workflow.Parked, true},
		{"drained", []*journal.Record{created, started, record(journal.Drained)}, workflow.Running, true},
		{"recovered", []*journal.Record{created, started, record(journal.Drained), record(journal.Recovered)}, workflow.Running, false},
		{"cancelling", []*journal.Record{created, started, cancel}, workflow.Cancelling, false},
		{"a cancel lifts all", []*journal.Record{created, started, paused, parked("1", "r", 0), cancel}, workflow.Cancelling, false},
		{"compensating", []*journal.Record{created, started, cancel, record(journal.Compensating)}, workflow.Compensating, false},
		{"continued", []*journal.Record{created, started, {Type: journal.Continued, Begin: &journal.Begin{Generation: 2}}}, workflow.Running, false},
		{"completed", []*journal.Record{created, started, record(journal.Completed)}, workflow.Completed, false},
		{"failed", []*journal.Record{created, record(journal.Failed)}, workflow.Failed, false},
		{"cancelled", []*journal.Record{created, paused, record(journal.Cancelled)}, workflow.Cancelled, true},
	} {
		l := after(c.records...)
		if l.State() != c.want || l.Gated() != c.gated {
			t.Errorf("%s: %s, gated %t; want %s, %t", c.name, l.State(), l.Gated(), c.want, c.gated)
		}
		if l.Pending() != (c.name == "created" || c.name == "paused before") {
			t.Errorf("%s: pending %t", c.name, l.Pending())
		}
	}
}

func TestWhatAStepHasUsedUp(t *testing.T) {
	t.Parallel()
	retrying := &journal.Record{Type: journal.StepRetrying, Path: "1", At: 70, Attempts: 2, Limited: 1, Since: 50, Unknown: true}
	interrupted := func(n int) *journal.Record {
		return &journal.Record{Type: journal.Interrupted, Path: "1", N: n, Unknown: true}
	}
	saved := &journal.Record{Type: journal.Checkpoint, Path: "1", Data: json.RawMessage(`7`)}
	lost := &journal.Record{Type: journal.Parked, Path: "1", Reason: workflow.ReasonOutcomeUnknown, Unknown: true}
	used := engine.Used{Attempts: 2, Limited: 1}
	for name, c := range map[string]struct {
		records []*journal.Record
		want    *journal.Note
	}{
		"nothing":              {nil, nil},
		"a retry":              {[]*journal.Record{retrying}, &journal.Note{Version: 2, Used: used, Since: 50, RetryAt: 70, Unknown: true}},
		"interruptions":        {[]*journal.Record{retrying, interrupted(1), interrupted(2)}, &journal.Note{Version: 4, Used: used, Since: 50, Unknown: true, Interrupted: 2, Died: 2}},
		"a checkpoint":         {[]*journal.Record{interrupted(1), saved, interrupted(1)}, &journal.Note{Version: 4, Unknown: true, Interrupted: 1, Died: 2, Checkpoint: json.RawMessage(`7`)}},
		"saved":                {[]*journal.Record{interrupted(1), saved}, &journal.Note{Version: 3, Unknown: true, Died: 1, Checkpoint: json.RawMessage(`7`)}},
		"a parking":            {[]*journal.Record{retrying, lost}, &journal.Note{Version: 3, Used: used, Unknown: true}},
		"unparked":             {[]*journal.Record{lost, record(journal.Unparked)}, &journal.Note{Version: 3, Unknown: true}},
		"not done":             {[]*journal.Record{lost, {Type: journal.Answered, Path: "1", Verdict: engine.NotDone}}, &journal.Note{Version: 3, Ready: true}},
		"not done later":       {[]*journal.Record{lost, {Type: journal.Answered, Path: "1", Verdict: engine.NotDone}, record(journal.Unparked)}, &journal.Note{Version: 4}},
		"hurried":              {[]*journal.Record{{Type: journal.StepRetrying, Path: "1", Attempts: 2, At: 9, Since: 5}, {Type: journal.Hurried, Path: "1"}}, &journal.Note{Version: 3, Used: engine.Used{Attempts: 2}, Since: 5}},
		"not begun":            {[]*journal.Record{record(journal.Drained), {Type: journal.Withdrawn, Path: "1"}}, &journal.Note{Version: 3, Ready: true}},
		"not begun, recovered": {[]*journal.Record{record(journal.Drained), {Type: journal.Withdrawn, Path: "1"}, record(journal.Recovered)}, &journal.Note{Version: 4}},
		"not begun, paused":    {[]*journal.Record{record(journal.Paused), record(journal.Drained), {Type: journal.Withdrawn, Path: "1"}, record(journal.Recovered)}, &journal.Note{Version: 4, Ready: true}},
		"not begun, resumed":   {[]*journal.Record{record(journal.Paused), record(journal.Drained), {Type: journal.Withdrawn, Path: "1"}, record(journal.Recovered), record(journal.Resumed)}, &journal.Note{Version: 6}},
		"unparked in a pause":  {[]*journal.Record{record(journal.Paused), lost, record(journal.Unparked)}, &journal.Note{Version: 4, Unknown: true, Ready: true}},
		"given up":             {[]*journal.Record{lost, {Type: journal.Answered, Path: "1", Verdict: engine.Fail}}, &journal.Note{Version: 2, Unknown: true}},
		"a cancel":             {[]*journal.Record{lost, record(journal.CancelRequested)}, &journal.Note{Version: 3, Unknown: true}},
		"completed":            {[]*journal.Record{retrying, {Type: journal.StepCompleted, Path: "1"}}, nil},
		"failed":               {[]*journal.Record{retrying, {Type: journal.StepFailed, Path: "1"}}, nil},
		"of another":           {[]*journal.Record{{Type: journal.StepRetrying, Path: "2"}}, nil},
	} {
		l := after(append([]*journal.Record{record(journal.Created)}, c.records...)...)
		if diff := cmp.Diff(c.want, l.Notes["1"]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParkings(t *testing.T) {
	t.Parallel()
	l := after(record(journal.Created), parked("1", workflow.ReasonQuotaExhausted, 70), parked("2", workflow.ReasonQuotaExhausted, 90))
	if l.LeavesAt() != 90 || l.Broken() || !l.ParkedFor(workflow.ReasonQuotaExhausted) || l.ParkedFor(workflow.ReasonNeedsReauth) {
		t.Errorf("leaves at %d, broken %t", l.LeavesAt(), l.Broken())
	}
	l.See(parked("", workflow.ReasonNondeterministic, 0))
	if l.LeavesAt() != 0 || !l.Broken() {
		t.Errorf("leaves at %d, broken %t", l.LeavesAt(), l.Broken())
	}
	if _, noted := l.Notes[""]; noted {
		t.Error("the function is noted as a step")
	}
	l.See(record(journal.Mended))
	if l.LeavesAt() != 90 || l.Broken() || !l.Parked {
		t.Errorf("mended: leaves at %d, broken %t", l.LeavesAt(), l.Broken())
	}
	l.See(&journal.Record{Type: journal.Answered, Path: "2"})
	if l.LeavesAt() != 70 {
		t.Errorf("leaves at %d", l.LeavesAt())
	}
}

func TestHeldResults(t *testing.T) {
	t.Parallel()
	l := after(record(journal.Created))
	for _, r := range []*journal.Record{{Type: journal.StepCompleted, Path: "1"}, {Type: journal.StepFailed, Path: "2"}, {Type: journal.TimerFired, Path: "3"}} {
		l.Hold(r)
	}
	if len(l.Held) != 3 || !l.Note("1").Held || !l.Note("2").Held || l.Notes["3"] != nil {
		t.Errorf("held %d, notes %+v", len(l.Held), l.Notes)
	}
}

func TestSignalsAreKnownByTheirIds(t *testing.T) {
	t.Parallel()
	l := after(record(journal.Created), &journal.Record{Type: journal.Signal, ID: "s1"}, &journal.Record{Type: journal.Signal})
	for id, want := range map[string]bool{"s1": true, "s2": false, "": false} {
		if l.Saw(id) != want {
			t.Errorf("saw %q: %t", id, l.Saw(id))
		}
	}
}

func TestChildren(t *testing.T) {
	t.Parallel()
	child := func(path, id string) *journal.Record {
		return &journal.Record{Type: journal.ChildStarted, Path: path, Child: id, Name: "k/c"}
	}
	l := after(record(journal.Created), child("1", "ex_b"), child("2", "ex_a"), child("3", "ex_a"))
	if got := fmt.Sprint(l.Children()); got != "[ex_a ex_b]" || l.Child("2") != (journal.Child{Execution: "ex_a", Function: "k/c"}) {
		t.Errorf("children %s, at 2 %+v", got, l.Child("2"))
	}
	l.See(&journal.Record{Type: journal.ChildEnded, Path: "1"})
	if got := fmt.Sprint(l.Children()); got != "[ex_a]" || l.Child("1") != (journal.Child{}) {
		t.Errorf("children %s, at 1 %+v", got, l.Child("1"))
	}
}

func TestTheNextGeneration(t *testing.T) {
	t.Parallel()
	begin := &journal.Begin{Function: "k/f", Engine: "local", Version: 0, Priority: 4, Private: true, Parent: &engine.Parent{Execution: "ex_p", Generation: 1, Path: "1"},
		Origin: &engine.Origin{Execution: "ex_o", Generation: 5}, Root: &engine.Root{Execution: "ex_o", Generation: 5}, Input: json.RawMessage(`1`)}
	l := after(&journal.Record{Type: journal.Created, Begin: begin}, &journal.Record{Type: journal.Started, T: 50, Version: 8},
		&journal.Record{Type: journal.Signal, ID: "s2"}, &journal.Record{Type: journal.Signal, ID: "s1"}, record(journal.CancelRequested), record(journal.Compensating),
		&journal.Record{Type: journal.Interrupted, Path: "1", N: 1}, &journal.Record{Type: journal.Fed, Feed: &engine.Feed{Versions: map[string]int{"c": 1}}})
	if l.Info.Root != *begin.Root || l.From != 1 || l.Info.Version != 8 || l.StartedAt != 50 || l.Feed == nil {
		t.Errorf("the first generation: %+v", l)
	}
	next := l.Continue(json.RawMessage(`2`), []engine.Message{{N: 4, Name: "k/yes"}})
	want := &journal.Begin{Function: "k/f", Engine: "local", Version: 8, Priority: 4, Private: true, Parent: begin.Parent, Origin: begin.Origin,
		Root: &engine.Root{Execution: "ex_o", Generation: 6}, Input: json.RawMessage(`2`), Generation: 2, StartedAt: 50,
		Unread: []engine.Message{{N: 4, Name: "k/yes"}}, Seen: []string{"s1", "s2"}, Cancelled: true}
	if diff := cmp.Diff(want, next.Begin, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	l.Version = 20
	l.See(next)
	if l.Info.Generation != 2 || l.From != 20 || l.Started || l.Undoing || !l.Cancelled || l.Notes != nil || l.Feed != nil || !l.Saw("s1") || len(l.Unread) != 1 ||
		l.StartedAt != 50 || l.Info.Version != 8 || !l.Private || l.Pending() || l.Info.Root != *want.Root || string(l.Input) != "2" {
		t.Errorf("the second generation: %+v", l)
	}
	l.See(&journal.Record{Type: journal.Started, T: 90, Version: 8})
	if l.StartedAt != 50 {
		t.Errorf("it started at %d", l.StartedAt)
	}
}

func TestOwnKeys(t *testing.T) {
	t.Parallel()
	l := after(record(journal.Created))
	if l.Info.Root != (engine.Root{Execution: "ex", Generation: 1}) {
		t.Errorf("root %+v", l.Info.Root)
	}
	l.See(l.Continue(nil, nil))
	if l.Info.Root != (engine.Root{Execution: "ex", Generation: 2}) {
		t.Errorf("root %+v", l.Info.Root)
	}
}

func TestWhatIsFedAddsUp(t *testing.T) {
	t.Parallel()
	part := func(path string) *journal.Record {
		return &journal.Record{Type: journal.Fed, Feed: &engine.Feed{Results: map[string]engine.Fed{path: {What: engine.FedSleep}},
			Scopes: map[string]engine.FedScope{path: {Undone: true}}, Children: map[string]engine.Unfinished{path: {Execution: path}}, Versions: map[string]int{path: 1}}}
	}
	l := after(record(journal.Created), part("1"), part("2"))
	if f := l.Feed; len(f.Results) != 2 || len(f.Scopes) != 2 || len(f.Children) != 2 || len(f.Versions) != 2 {
		t.Errorf("%+v", l.Feed)
	}
}

func TestTheStateThatAnEndLeadsTo(t *testing.T) {
	t.Parallel()
	for typ, want := range map[journal.Type]workflow.ExecutionState{journal.Completed: workflow.Completed, journal.Cancelled: workflow.Cancelled, journal.Failed: workflow.Failed} {
		if got := record(typ).EndState(); got != want {
			t.Errorf("%s leads to %s", typ, got)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	if !journal.Time(0).IsZero() || journal.Micro(journal.Time(0)) != 0 || journal.Micro(journal.Time(1_700_000_000_123_456)) != 1_700_000_000_123_456 {
		t.Error("times do not come back")
	}
}
