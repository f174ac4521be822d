package readmodel

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestAStepThatWasParkedIsShownRunningAgain(t *testing.T) {
	t.Parallel()
	f := newFold(nil)
	f.workflows[name{"ws", "wf"}] = nil // unknown, and not looked for
	stream := eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex"}
	for i, step := range []struct {
		kind, data string
		want       workflow.StepState
	}{
		{engine.EventCreated, `{"function":"k/run","engine":"local"}`, ""},
		{engine.EventStepStarted, `{"step":"a/b","path":"1","attempt":1}`, workflow.StepRunning},
		{engine.EventParked, `{"reason":"needs_reauth","step":"a/b","path":"1"}`, workflow.StepParked},
		{engine.EventUnparked, `{}`, workflow.StepRunning},
		{engine.EventParked, `{"reason":"needs_reauth","step":"a/b","path":"1"}`, workflow.StepParked},
		{engine.EventCancelRequested, `{}`, workflow.StepRunning},
	} {
		e := eventstore.Event{Position: int64(i + 1), Stream: stream, Labels: []byte(`{"kind":"k","definition":"wf"}`), Type: step.kind, Data: []byte(step.data)}
		if err := f.apply(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		row := f.executions[name{"ws", "ex"}].openSteps["1"]
		if row != nil && row.state != string(step.want) {
			t.Errorf("after %s the step is %s, want %s", step.kind, row.state, step.want)
		}
	}
}
