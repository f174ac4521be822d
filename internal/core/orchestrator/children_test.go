package orchestrator_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// A child runs although its parent has the workflow's lane: it takes none. It has a
// place of its own, which its parent does not need meanwhile.
func TestAChildTakesNoLane(t *testing.T) {
	t.Parallel()
	onBothWith(t, func(b *bench) { oneLane(b); b.limits.MaxConcurrent = 1 }, func(t *testing.T, b *bench) {
		d, other := b.create(`{}`), b.create(`{}`)
		parent := b.execute(d.ID, `{"child":{"gate":true},"steps":1}`)
		next := b.execute(d.ID, `{}`)
		child := b.childOf(parent.ID)
		if got := <-b.kind.entered; got != string(child.ID) {
			t.Fatalf("%s is at the gate, want the child", got)
		}
		elsewhere := b.execute(other.ID, `{}`)
		if next.State != workflow.Pending || elsewhere.State != workflow.Pending {
			t.Errorf("beside the child: %s, %s", next.State, elsewhere.State)
		}
		b.untilUsage(1, 0, 2)
		if n := orchestrator.Places(b.Service, admin.Workspace, d.ID); n != 2 {
			t.Errorf("%d executions of the workflow are open, children aside, want 2", n)
		}
		b.letThrough(1)
		b.ends(parent.ID, workflow.Completed)
		b.ends(next.ID, workflow.Completed)
		b.ends(elsewhere.ID, workflow.Completed)
		b.untilUsage(0, 0, 0)
		b.archive(d.ID)
	})
}

// The end of a child frees no lane.
func TestTheEndOfAChild(t *testing.T) {
	t.Parallel()
	b := open(t, oneLane)
	d := b.create(`{}`)
	parent := b.execute(d.ID, `{"child":{},"gate":true}`)
	<-b.kind.entered
	b.ends(b.childOf(parent.ID).ID, workflow.Completed)
	if next := b.execute(d.ID, `{}`); next.State != workflow.Pending {
		t.Errorf("beside the parent the next one is %s", next.State)
	}
	for range 2 { // the child is heard of again
		b.restart()
		<-b.kind.entered
		if n := orchestrator.Places(b.Service, admin.Workspace, d.ID); n != 2 {
			t.Errorf("%d are open, want 2", n)
		}
	}
	b.letThrough(1)
	b.ends(parent.ID, workflow.Completed)
}

func TestAChildIsShownWithItsParent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		parent := b.ends(b.execute(d.ID, `{"child":{"steps":1,"text":"for the child"}}`).ID, workflow.Completed)
		child := b.childOf(parent.ID)
		want := workflow.Parent{Execution: parent.ID, Generation: 1, Path: "1"}
		if child.Parent == nil || *child.Parent != want || child.State != workflow.Completed || child.Workflow != d.ID || child.WorkflowVersion != 1 || child.Type != "fake" {
			t.Errorf("shown as %+v, parent %+v", child, child.Parent)
		}
		var in plan
		b.must(json.Unmarshal(child.Input, &in))
		if in.Text != "for the child" || child.StepsCompleted != 2 || parent.StepsCompleted != 0 {
			t.Errorf("the child has the input %s and %d steps", child.Input, child.StepsCompleted)
		}
		for _, r := range []query.ExecutionsRequest{{}, {Workflow: d.ID}, {State: workflow.Completed}, {Workflow: d.ID, State: workflow.Completed}} {
			page, err := b.Executions(t.Context(), admin, r)
			b.must(err)
			parents := map[workflow.ExecutionID]*workflow.Parent{} // the order is that of ids, of which two may be made in one millisecond
			for _, x := range page.Items {
				parents[x.ID] = x.Parent
			}
			if diff := cmp.Diff(map[workflow.ExecutionID]*workflow.Parent{parent.ID: nil, child.ID: &want}, parents); diff != "" {
				t.Errorf("%+v: %s", r, diff)
			}
		}
	})
}

// A workflow's figures count what was started, not the children of it.
func TestFiguresCountNoChildren(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	b.failed(d.ID, `{"child":{"steps":1,"fail":"validation"}}`)
	m, err := b.Metrics(t.Context(), admin, d.ID)
	b.must(err)
	h, err := b.Health(t.Context(), admin, d.ID)
	b.must(err)
	if m.Total != 1 || m.Executions["failed"] != 1 || m.Duration.Count != 1 || m.Steps.Completed != 2 {
		t.Errorf("metrics %+v", m)
	}
	if h.ConsecutiveFailures != 1 || len(h.LastEnds) != 1 || h.Status != workflow.Degraded {
		t.Errorf("health %+v", h)
	}
}

// A parked child is what is wrong with its workflow.
func TestAParkedChildIsNamed(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	parent := b.execute(d.ID, `{"child":{"reauth":true}}`)
	child := b.childOf(parent.ID)
	b.until(child.ID, engine.EventParked)
	b.must(b.CaughtUp(t.Context()))
	h, err := b.Health(t.Context(), admin, d.ID)
	b.must(err)
	if h.Status != workflow.Unhealthy || len(h.Reasons) != 1 || h.Reasons[0].Execution != child.ID || h.Open != 1 {
		t.Errorf("health %+v", h)
	}
	close(b.kind.allowed)
	_, err = b.ResumeWorkflow(t.Context(), admin, d.ID)
	b.must(err)
	b.ends(parent.ID, workflow.Completed)
}

// A cancel goes down, also when it comes by way of the workflow; and a child may
// be cancelled alone.
func TestAChildIsCancelledWithItsParent(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	for name, cancel := range map[string]func(parent, child workflow.ExecutionID) error{
		"the parent":   func(id, _ workflow.ExecutionID) error { _, err := b.CancelExecution(ctx, admin, id); return err },
		"the child":    func(_, id workflow.ExecutionID) error { _, err := b.CancelExecution(ctx, admin, id); return err },
		"the workflow": func(_, _ workflow.ExecutionID) error { _, err := b.CancelWorkflow(ctx, admin, d.ID); return err },
	} {
		parent := b.execute(d.ID, `{"child":{"gate":true}}`)
		<-b.kind.entered
		child := b.childOf(parent.ID)
		b.must(cancel(parent.ID, child.ID))
		b.ends(child.ID, workflow.Cancelled)
		if got := b.end(parent.ID); got.State == workflow.Completed {
			t.Errorf("%s is cancelled, and the parent has %s", name, got.State)
		}
		b.untilUsage(0, 0, 0)
	}
	b.archive(d.ID)
}

// A child that has failed is redriven with its parent: what it has completed is
// not done again.
func TestAChildIsRedrivenWithItsParent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		parent := b.failed(b.create(`{}`).ID, `{"child":{"keep":true,"steps":2,"fail":"validation"},"steps":1}`)
		first := b.kind.done()
		close(b.kind.allowed)
		again := b.ends(b.redrive(orchestrator.RedriveRequest{Execution: parent.ID}).Execution.ID, workflow.Completed)
		if got := b.kind.done(); len(got) != 2 || got[0] != first[3] {
			t.Errorf("first %v, then %v", first, got)
		}
		old, child := b.childOf(parent.ID), b.childOf(again.ID)
		if child.Origin == nil || child.Origin.Execution != old.ID || child.Parent.Execution != again.ID || b.shown(old.ID).SupersededBy != child.ID {
			t.Errorf("the child is %+v, before it was %+v", child, old)
		}
	})
}

// Pausing a workflow reaches its children.
func TestAChildIsPausedWithItsWorkflow(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	parent := b.execute(d.ID, `{"child":{"gate":true,"steps":1}}`)
	<-b.kind.entered
	child := b.childOf(parent.ID)
	_, err := b.PauseWorkflow(t.Context(), admin, d.ID)
	b.must(err)
	b.kind.gate <- struct{}{}
	for _, id := range []workflow.ExecutionID{parent.ID, child.ID} {
		if got := b.shown(id); got.State != workflow.Paused {
			t.Errorf("%s is %s", id, got.State)
		}
	}
	b.restart()
	_, err = b.ResumeWorkflow(t.Context(), admin, d.ID)
	b.must(err)
	b.ends(parent.ID, workflow.Completed)
	if n := len(b.events(child.ID, engine.EventPaused)); n != 1 {
		t.Errorf("the child was paused %d times", n)
	}
}
