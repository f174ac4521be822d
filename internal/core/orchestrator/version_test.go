package orchestrator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// oneLane makes the kind run one execution of a workflow at a time.
func oneLane(b *bench) { b.kind.concurrency = 1 }

// queued starts an execution that stands at the gate, and one behind it for each
// request.
func (b *bench) queued(id workflow.ID, behind ...orchestrator.ExecuteRequest) (first workflow.Execution, rest []workflow.Execution) {
	b.t.Helper()
	first = b.execute(id, `{"gate":true}`)
	<-b.kind.entered
	for _, r := range behind {
		r.Workflow = id
		x := b.executeAs(r)
		if x.State != workflow.Pending {
			b.t.Fatalf("%+v is %s", r, x.State)
		}
		rest = append(rest, x)
	}
	return first, rest
}

func TestLatestIsPinnedWhenItLeavesPending(t *testing.T) {
	t.Parallel()
	onBothWith(t, oneLane, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		_, rest := b.queued(d.ID, orchestrator.ExecuteRequest{}, orchestrator.ExecuteRequest{Version: 1})
		latest, fixed := rest[0], rest[1]
		b.update(d.ID, `{"later":2}`)
		b.update(d.ID, `{"later":3}`)
		for _, x := range []workflow.Execution{latest, b.shown(latest.ID)} {
			if x.WorkflowVersion != 0 || x.StartedAt != nil {
				t.Errorf("before it is pinned it has version %d", x.WorkflowVersion)
			}
		}
		if got := b.shown(fixed.ID).WorkflowVersion; got != 1 || fixed.WorkflowVersion != 1 {
			t.Errorf("the pinned one has version %d", got)
		}
		b.restart()
		b.letThrough(2) // the one that stood at the gate comes again
		for id, version := range map[workflow.ExecutionID]int{latest.ID: 3, fixed.ID: 1} {
			x := b.ends(id, workflow.Completed)
			var out outcome
			b.must(json.Unmarshal(x.Output, &out))
			started := b.events(id, engine.EventStarted)
			if x.WorkflowVersion != version || out.Version != version || len(started) != 1 || !strings.Contains(started[0], jsonNumber("version", version)) {
				t.Errorf("it ran version %d, shows %d, and its event says %s; want %d", out.Version, x.WorkflowVersion, started, version)
			}
		}
		if created := b.events(latest.ID, engine.EventCreated)[0]; strings.Contains(created, `"version"`) {
			t.Errorf("created says %s", created)
		}
	})
}

func jsonNumber(name string, n int) string {
	raw, _ := json.Marshal(map[string]int{name: n})
	return strings.Trim(string(raw), "{}")
}

// An input that no longer fits ends the execution without a step, and nothing
// else suffers.
func TestAnInputThatNoLongerFits(t *testing.T) {
	t.Parallel()
	onBothWith(t, func(b *bench) { oneLane(b); b.limits.MaxConcurrent = 1 }, func(t *testing.T, b *bench) {
		d, other := b.create(`{}`), b.create(`{}`)
		five := json.RawMessage(`{"steps":5}`)
		first, rest := b.queued(d.ID, orchestrator.ExecuteRequest{Input: five}, orchestrator.ExecuteRequest{Input: five, Version: 1}, orchestrator.ExecuteRequest{Input: json.RawMessage(`{"steps":3}`)})
		b.update(d.ID, `{"limit":3}`)
		b.letThrough(1)
		b.ends(first.ID, workflow.Completed)
		x := b.ends(rest[0].ID, workflow.Failed)
		if x.Error == nil || x.Error.Class != "validation" || x.Error.Code != "invalid_input" || !strings.Contains(x.Error.Message, "/steps: at most 3 steps") || !strings.Contains(x.Error.Message, "version 2") {
			t.Errorf("failed with %+v", x.Error)
		}
		if x.StartedAt != nil || x.StepsCompleted != 0 || len(b.events(x.ID, engine.EventStarted)) != 0 {
			t.Errorf("it has begun: %+v", x)
		}
		b.ends(rest[1].ID, workflow.Completed)
		b.ends(rest[2].ID, workflow.Completed)
		b.ends(b.execute(other.ID, `{"steps":9}`).ID, workflow.Completed)
		b.archive(d.ID) // nothing counts as open
		b.untilUsage(0, 0, 0)
		m, err := b.Metrics(t.Context(), admin, d.ID)
		b.must(err)
		if m.Executions["failed"] != 1 || m.Executions["pending"] != 0 || m.Executions["completed"] != 3 {
			t.Errorf("counted %v", m.Executions)
		}
	})
}

// What is refused when the execution leaves pending can be put right by a
// redrive: with the version that it fits.
func TestAnInputThatNoLongerFitsIsRedriven(t *testing.T) {
	t.Parallel()
	b := open(t, oneLane)
	d := b.create(`{}`)
	_, rest := b.queued(d.ID, orchestrator.ExecuteRequest{Input: json.RawMessage(`{"steps":5}`)})
	b.update(d.ID, `{"limit":3}`)
	b.letThrough(1)
	x := b.ends(rest[0].ID, workflow.Failed)
	_, err := b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: x.ID})
	if e := wants(t, err, workflow.CategoryInvalid, "invalid_input"); e.Problems[0].Pointer != "/input/steps" {
		t.Errorf("problems %+v", e.Problems)
	}
	again, err := b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: x.ID, Version: 1})
	b.must(err)
	if got := b.ends(again.Execution.ID, workflow.Completed); got.StepsCompleted != 6 || got.WorkflowVersion != 1 {
		t.Errorf("redriven: %+v", got)
	}
}

// A version that comes while an execution starts at once is not its own.
func TestAStartAtOnceHasTheVersionOfItsAnswer(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	b.update(d.ID, `{"limit":1}`)
	b.restart()
	b.letThrough(1)
	if got := b.ends(x.ID, workflow.Completed); x.WorkflowVersion != 1 || got.WorkflowVersion != 1 {
		t.Errorf("answered with version %d, ran %d", x.WorkflowVersion, got.WorkflowVersion)
	}
}
