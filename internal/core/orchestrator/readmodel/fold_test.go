package readmodel

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// told is an event of one execution of the workflow wf.
type told struct{ kind, data string }

// event returns the n-th event of the execution ex, a second after the one before.
func (e told) event(n int) *eventstore.Event {
	return &eventstore.Event{Position: int64(n), Stream: eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex"},
		Labels: []byte(`{"kind":"k","definition":"wf"}`), Type: e.kind, Data: json.RawMessage(e.data), Time: time.Unix(int64(n), 0)}
}

var begun = []told{
	{engine.EventCreated, `{"function":"k/run","engine":"local"}`},
	{engine.EventStarted, `{"version":2}`},
	{engine.EventStepStarted, `{"step":"a/b","path":"1"}`},
}

// folded folds the events of one execution and returns its rows. Nothing is read.
func folded(t *testing.T, events ...told) (*held, *executionRow) {
	t.Helper()
	rows := newHeld()
	rows.workflows[name{"ws", "wf"}] = &workflowRow{seq: 7, workspace: "ws", id: "wf", figures: newFigures()}
	for i, e := range events {
		if err := foldExecution(rows, e.event(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	return rows, rows.executions[name{"ws", "ex"}]
}

func TestAStepThatWasParkedIsShownRunningAgain(t *testing.T) {
	t.Parallel()
	parked := told{engine.EventParked, `{"reason":"needs_reauth","step":"a/b","path":"1"}`}
	events := begun
	for _, c := range []struct {
		told
		want workflow.StepState
	}{
		{parked, workflow.StepParked},
		{told{engine.EventUnparked, `{}`}, workflow.StepRunning},
		{parked, workflow.StepParked},
		{told{engine.EventCancelRequested, `{}`}, workflow.StepRunning},
	} {
		events = append(events[:len(events):len(events)], c.told)
		_, r := folded(t, events...)
		if got := r.openSteps["1"].state; got != string(c.want) {
			t.Errorf("after %s the step is %s, want %s", c.kind, got, c.want)
		}
	}
}

// What stands in the journal for an input that is stored apart is nobody's input.
func TestWhichInputIsShown(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{`{"a":1}`: `{"a":1}`, ``: `{}`, string(workflow.PayloadInput("kept")): ``} {
		created, err := json.Marshal(map[string]any{"function": "k/run", "engine": "local", "input": json.RawMessage(stdcmp.Or(input, "{}"))})
		if err != nil {
			t.Fatal(err)
		}
		_, r := folded(t, told{engine.EventCreated, string(created)})
		if x := r.execution(); string(x.Input) != want {
			t.Errorf("the input %s is shown as %s, want %s", input, x.Input, want)
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	failure := `"error":{"class":"auth","code":"x","message":"m","step":"a/b"}`
	for how, c := range map[string]struct {
		events []told
		want   figures
	}{
		"runs": {begun, figures{States: map[workflow.ExecutionState]int64{workflow.Running: 1}}},
		"fails in a step": {append(begun[:3:3],
			told{engine.EventStepRetrying, `{"step":"a/b","path":"1","class":"auth","error":{"class":"auth"},"next_at":"2026-01-01T00:00:00.000000Z"}`},
			told{engine.EventStepFailed, `{"step":"a/b","path":"1","attempt":2,"duration_ms":5,"error":{"class":"auth"}}`},
			told{engine.EventFailed, `{"duration_ms":5,` + failure + `}`}),
			figures{States: map[workflow.ExecutionState]int64{workflow.Failed: 1}, StepsFailed: 1, Retries: 1, Errors: map[string]int64{"auth": 2}, InARow: 1}},
		"fails by itself": {append(begun[:3:3],
			told{engine.EventStepCompleted, `{"step":"a/b","path":"1","duration_ms":5}`},
			told{engine.EventFailed, `{"duration_ms":5,"error":{"class":"fatal","code":"x","message":"m"}}`}),
			figures{States: map[workflow.ExecutionState]int64{workflow.Failed: 1}, StepsCompleted: 1, Errors: map[string]int64{"fatal": 1}, InARow: 1}},
		"is cancelled before it begins": {append(begun[:1:1], told{engine.EventCancelled, `{"began":false,"duration_ms":0}`}),
			figures{States: map[workflow.ExecutionState]int64{workflow.Cancelled: 1}}},
	} {
		rows, _ := folded(t, c.events...)
		got := *rows.workflows[name{"ws", "wf"}].figures
		if got.States[workflow.Cancelled] > 0 && got.Durations.Count > 0 {
			t.Errorf("%s: what never began has a duration", how)
		}
		if len(got.Ends) > 0 && got.Ends[0].At != time.Unix(int64(len(c.events)), 0).UnixMicro() {
			t.Errorf("%s: ended at %d", how, got.Ends[0].At)
		}
		got.Ends, got.Durations = nil, distribution{}
		if c.want.Errors == nil {
			c.want.Errors = map[string]int64{}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", how, diff)
		}
	}
}

// What changes a row must also be stored, whatever else the batch holds: here every
// event is a batch of its own.
func TestWhatChangesIsStored(t *testing.T) {
	t.Parallel()
	rows, _ := folded(t)
	stored := map[string]string{}
	events := append(begun[:3:3],
		told{engine.EventWaiting, `{"name":"approve","path":"2"}`},
		told{engine.EventStepStarted, `{"step":"a/c","path":"3"}`},
		told{engine.EventStepRetrying, `{"step":"a/c","path":"3","error":{"class":"transient"},"next_at":"2026-01-01T00:00:00.000000Z"}`},
		told{engine.EventPaused, `{}`}, told{engine.EventResumed, `{}`},
		told{engine.EventContinued, `{"generation":2}`},
		told{engine.EventStepStarted, `{"step":"a/b","path":"1","generation":2}`},
		told{engine.EventStepCompleted, `{"step":"a/b","path":"1","generation":2,"duration_ms":1}`},
		told{engine.EventCompleted, `{"duration_ms":9,"output":{"n":1}}`})
	for i, e := range events {
		if err := foldExecution(rows, e.event(i+1)); err != nil {
			t.Fatal(err)
		}
		now := rows.executions[name{"ws", "ex"}]
		c := rows.take()
		for _, r := range c.executions {
			stored["execution"] = fmt.Sprint(r.args(nil))
		}
		for _, s := range c.steps {
			stored[fmt.Sprint("step ", s.seq)] = fmt.Sprint(s.args(nil))
		}
		if want := fmt.Sprint(now.args(nil)); stored["execution"] != want {
			t.Errorf("after %s\n%s is stored of\n%s", e.kind, stored["execution"], want)
		}
		for _, s := range now.openSteps {
			if want := fmt.Sprint(s.args(nil)); stored[fmt.Sprint("step ", s.seq)] != want {
				t.Errorf("after %s the step %s is not stored as it is", e.kind, s.path)
			}
		}
	}
	if len(stored) != 4 {
		t.Errorf("%d rows are stored, want an execution and three steps", len(stored))
	}
	if len(rows.executions) != 0 {
		t.Error("an ended execution is still held")
	}
}

func TestNeeded(t *testing.T) {
	t.Parallel()
	definition := eventstore.StreamID{Workspace: "ws", Type: workflow.StreamType, ID: "wf"}
	redriven := told{engine.EventCreated, `{"origin":{"execution":"ex_0","generation":1}}`}
	for _, c := range []struct {
		event *eventstore.Event
		want  need
	}{
		{begun[0].event(1), need{"ws", "wf", ""}},
		{begun[1].event(1), need{"ws", "wf", "ex"}},
		{redriven.event(1), need{"ws", "wf", "ex_0"}},
		{&eventstore.Event{Stream: definition, Type: workflow.EventCreated}, need{"ws", "", ""}},
		{&eventstore.Event{Stream: definition, Type: workflow.EventPaused}, need{"ws", "wf", ""}},
		{&eventstore.Event{Stream: definition, Type: workflow.EventDiscarded, Data: []byte(`{"execution":"ex_0"}`)}, need{"ws", "wf", "ex_0"}},
	} {
		if got, err := needed(c.event); err != nil || got != c.want {
			t.Errorf("%s %s needs %+v, %v, want %+v", c.event.Type, c.event.Data, got, err, c.want)
		}
	}
}
