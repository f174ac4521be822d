package orchestrator_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// failing is an input whose execution has two effects and then fails, until the
// kind allows it to go on.
const failing = `{"steps":2,"fail":"validation"}`

// fail returns an execution that has failed.
func (b *bench) fail(id workflow.ID) workflow.Execution {
	b.t.Helper()
	x := b.end(b.execute(id, failing).ID)
	if x.State != workflow.Failed {
		b.t.Fatalf("ended as %s, want failed", x.State)
	}
	return x
}

func (b *bench) redrive(r orchestrator.RedriveRequest) orchestrator.Started {
	b.t.Helper()
	started, err := b.Redrive(b.t.Context(), admin, r)
	b.must(err)
	return started
}

func TestARedriveTakesOver(t *testing.T) {
	b := open(t)
	failed := b.fail(b.create(`{}`).ID)
	close(b.kind.allowed)
	ask := orchestrator.RedriveRequest{Execution: failed.ID, IdempotencyKey: "k"}
	started := b.redrive(ask)
	if x := started.Execution; x.Origin == nil || x.Origin.Execution != failed.ID || x.Origin.Fresh || x.Trigger.Type != "redrive" || x.Trigger.Key != string(failed.ID) || len(started.Repeats) != 0 {
		t.Errorf("started %+v, repeats %v", x, started.Repeats)
	}
	got := b.end(started.Execution.ID)
	if got.State != workflow.Completed || string(got.Input) != failing {
		t.Errorf("ended as %s with the input %s", got.State, got.Input)
	}
	steps, err := b.Steps(t.Context(), admin, orchestrator.StepsRequest{Execution: got.ID})
	b.must(err)
	if len(steps.Items) != 1 || steps.Items[0].Name != "fake/fail" {
		t.Errorf("it ran %+v, want only the step that had failed", steps.Items)
	}
	if x, err := b.Execution(t.Context(), admin, failed.ID); err != nil || x.SupersededBy != got.ID {
		t.Errorf("the failed one is superseded by %q, %v", x.SupersededBy, err)
	}
	if again := b.redrive(ask); !again.Replayed || again.Execution.ID != got.ID {
		t.Errorf("the same request started %+v", again)
	}
}

// Two redrives at once would have the rest of the effects twice, on the same
// keys.
func TestAnExecutionIsRedrivenOnce(t *testing.T) {
	b := open(t)
	failed := b.fail(b.create(`{}`).ID)
	close(b.kind.allowed)
	results := make(chan error, 4)
	for range cap(results) {
		b.helpers.Go(func() {
			_, err := b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: failed.ID})
			results <- err
		})
	}
	done := 0
	for range cap(results) {
		if err := <-results; err == nil {
			done++
		} else {
			wants(t, err, workflow.KindConflict, "not_redrivable")
		}
	}
	if done != 1 {
		t.Errorf("%d redrives of one execution", done)
	}
}

func TestWhatCannotBeRedriven(t *testing.T) {
	now := &shifted{Clock: clock.System()}
	b := open(t, func(b *bench) { b.options.Clock = now })
	ctx := t.Context()
	d := b.create(`{}`)
	refused := func(id workflow.ExecutionID, why string) {
		t.Helper()
		_, err := b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: id})
		if e := wants(t, err, workflow.KindConflict, "not_redrivable"); !strings.Contains(e.Message, why) {
			t.Errorf("said %q, want %q", e.Message, why)
		}
	}
	running := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	refused(running.ID, "has not ended")
	_, err := b.CancelExecution(ctx, admin, running.ID)
	b.must(err)
	b.end(running.ID)
	refused(running.ID, "was cancelled")
	refused(b.end(b.execute(d.ID, `{}`).ID).ID, "has completed")
	b.execute(d.ID, `{"child":true}`)
	refused(workflow.ExecutionID(<-b.kind.entered), "is a child")
	superseded := b.fail(d.ID)
	b.end(b.redrive(orchestrator.RedriveRequest{Execution: superseded.ID}).Execution.ID)
	refused(superseded.ID, "was redriven already")

	discarded := b.fail(d.ID)
	for range 2 {
		x, err := b.Discard(ctx, admin, discarded.ID)
		if err != nil || x.DiscardedAt == nil {
			t.Errorf("discarded: %+v, %v", x, err)
		}
	}
	refused(discarded.ID, "was discarded")
	_, err = b.Discard(ctx, admin, superseded.ID)
	wants(t, err, workflow.KindConflict, "not_redrivable")

	old, young := b.fail(d.ID), b.fail(d.ID)
	now.by.Store(int64(30*24*time.Hour - time.Minute))
	b.redrive(orchestrator.RedriveRequest{Execution: young.ID})
	now.by.Store(int64(30*24*time.Hour + time.Minute))
	refused(old.ID, "more than 30 days ago")

	_, err = b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: old.ID, Version: -1})
	wants(t, err, workflow.KindInvalid, "invalid_start")
	_, err = b.Redrive(ctx, stranger, orchestrator.RedriveRequest{Execution: old.ID})
	wants(t, err, workflow.KindNotFound, "execution_not_found")
	_, err = b.Discard(ctx, stranger, old.ID)
	wants(t, err, workflow.KindNotFound, "execution_not_found")
}

func TestARedriveRunsTheVersionThatIsAskedFor(t *testing.T) {
	b := open(t)
	d := b.create(`{}`)
	same, latest, named := b.fail(d.ID), b.fail(d.ID), b.fail(d.ID)
	tight := b.fail(d.ID)
	for _, config := range []string{`{"later":1}`, `{"limit":1}`, `{"later":2}`} {
		_, err := b.Update(t.Context(), admin, d.ID, orchestrator.UpdateRequest{Name: "newer", Config: json.RawMessage(config)})
		b.must(err)
	}
	close(b.kind.allowed)
	got := map[string]int{}
	for name, r := range map[string]orchestrator.RedriveRequest{
		"same": {Execution: same.ID}, "latest": {Execution: latest.ID, Latest: true}, "named": {Execution: named.ID, Version: 2},
	} {
		got[name] = b.end(b.redrive(r).Execution.ID).WorkflowVersion
	}
	if diff := cmp.Diff(map[string]int{"same": 1, "latest": 4, "named": 2}, got); diff != "" {
		t.Error(diff)
	}
	_, err := b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: tight.ID, Version: 3})
	wants(t, err, workflow.KindInvalid, "invalid_input")
}

// Another input takes nothing over and says which effects come again; the same
// one in another spelling is not another.
func TestARedriveWithAnotherInputSaysWhatRepeats(t *testing.T) {
	b := open(t)
	d := b.create(`{}`)
	same, other := b.fail(d.ID), b.fail(d.ID)
	close(b.kind.allowed)
	started := b.redrive(orchestrator.RedriveRequest{Execution: same.ID, Input: json.RawMessage(` {"fail": "validation", "steps": 2} `)})
	if started.Execution.Origin.Fresh || len(started.Repeats) != 0 {
		t.Errorf("the same input in another spelling repeats %v", started.Repeats)
	}
	started = b.redrive(orchestrator.RedriveRequest{Execution: other.ID, Input: json.RawMessage(`{"steps":3}`)})
	if diff := cmp.Diff(map[string]int{"fake/quick": 2}, started.Repeats); diff != "" || !started.Execution.Origin.Fresh {
		t.Errorf("fresh: %t, repeats: %s", started.Execution.Origin.Fresh, diff)
	}
	if got := b.end(started.Execution.ID); got.State != workflow.Completed || got.StepsCompleted != 4 {
		t.Errorf("ended as %s after %d steps, want completed after 4", got.State, got.StepsCompleted)
	}
}
