package orchestrator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection/projectiontest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// poisoned are events of one workflow and one execution; each text that an event
// may have holds U+0000.
var poisoned = []struct{ of, kind, data string }{
	{workflow.StreamType, workflow.EventCreated, `{"kind":"fake","name":"N~","version":1,"config":{"a":"N~"},"labels":{"N~":"N~"}}`},
	{workflow.StreamType, workflow.EventUpdated, `{"kind":"fake","name":"M~","version":2,"config":{"a":"N~"},"labels":{"N~":"N~"}}`},
	{engine.StreamType, engine.EventCreated, `{"function":"fake/N~","engine":"N~","version":1,"trigger":{"type":"N~","key":"N~"},"run_as":"N~","input":{"N~":"N~"},"parent":{"execution":"ex_N~","path":"N~"}}`},
	{engine.StreamType, engine.EventStarted, `{"version":1}`},
	{engine.StreamType, engine.EventStepStarted, `{"step":"s/N~","path":"N~","label":"Bad~Table"}`},
	{engine.StreamType, engine.EventStepRetrying, `{"step":"s/N~","path":"N~","label":"Bad~Table","class":"transient","error":{"class":"N~","code":"N~","message":"N~","detail":{"a":"~"}}}`},
	{engine.StreamType, engine.EventParked, `{"reason":"N~","step":"s/N~","path":"N~","label":"Bad~Table","error":{"class":"N~","message":"N~"}}`},
	{engine.StreamType, engine.EventUnparked, `{}`},
	{engine.StreamType, engine.EventStepFailed, `{"step":"s/N~","path":"N~","label":"Bad~Table","error":{"class":"N~","code":"N~","message":"N~","detail":"~"}}`},
	{engine.StreamType, engine.EventWaiting, `{"name":"N~","path":"2"}`},
	{engine.StreamType, "fake.noted", `{"text":"N~"}`},
	{engine.StreamType, engine.EventFailed, `{"duration_ms":1,"output":{"a":"N~"},"error":{"class":"N~","code":"N~","message":"N~","step":"N~","path":"N~","detail":["~"]}}`},
}

// One event with a text that the database refuses must not stop the read model:
// it would stand still for everyone, for good.
func TestNoTextStopsTheReadModel(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		wf, ex := workflow.NewID(), workflow.NewExecutionID()
		for _, e := range poisoned {
			s := eventstore.StreamAppend{Stream: eventstore.StreamID{Workspace: string(admin.Workspace), Type: e.of, ID: string(wf)}, Expected: eventstore.Any,
				Events: []eventstore.NewEvent{{Type: e.kind, Data: json.RawMessage(strings.ReplaceAll(e.data, "~", `\u0000`))}}}
			if e.of == engine.StreamType {
				s.Stream.ID = string(ex)
			}
			if e.kind == engine.EventCreated {
				s.Labels = engine.Labels{Kind: "fake", Definition: string(wf)}.Encode()
			}
			_, err := b.store.Append(ctx, eventstore.Batch{Streams: []eventstore.StreamAppend{s}})
			b.must(err)
			if err := b.CaughtUp(ctx); err != nil {
				t.Fatalf("%s stops the read model: %v", e.kind, err)
			}
		}
		steps, err := b.Steps(ctx, admin, query.StepsRequest{Execution: ex, Limit: 10})
		b.must(err)
		if len(steps.Items) != 1 || steps.Items[0].Label != "Bad\uFFFDTable" || steps.Items[0].State != workflow.StepFailed {
			t.Errorf("steps %+v", steps.Items)
		}
		page, err := b.List(ctx, admin, query.ListRequest{})
		b.must(err)
		if len(page.Items) != 1 || page.Items[0].Name != "M\uFFFD" {
			t.Errorf("workflows %+v", page.Items)
		}
		want := projectiontest.Rows(t, b.db, tables...)
		b.must(b.projections.Rebuild(ctx, readmodel.Projection))
		if diff := cmp.Diff(want, projectiontest.Rows(t, b.db, tables...)); diff != "" {
			t.Errorf("rebuilt: %s", diff)
		}
	})
}
