package orchestrator_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestAPausedWorkflowTakesNoStartsAndItsExecutionsWait(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	paused, err := b.PauseWorkflow(ctx, admin, d.ID)
	b.must(err)
	if paused.State != workflow.Halted {
		t.Errorf("state %s", paused.State)
	}
	_, err = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID})
	wants(t, err, workflow.CategoryConflict, "workflow_paused")
	b.kind.gate <- struct{}{} // the step ends, the execution does not
	if got, err := b.Execution(ctx, admin, x.ID); err != nil || got.State != workflow.Paused {
		t.Errorf("state %s, %v", got.State, err)
	}
	b.restart()
	if got, err := b.Execution(ctx, admin, x.ID); err != nil || got.State != workflow.Paused {
		t.Errorf("after a restart: state %s, %v", got.State, err)
	}
	_, err = b.ResumeWorkflow(ctx, admin, d.ID)
	b.must(err)
	b.letThrough(1)
	if got := b.end(x.ID); got.State != workflow.Completed {
		t.Errorf("ended as %s", got.State)
	}
	b.end(b.execute(d.ID, `{}`).ID)
}

// letThrough opens the gate for up to n steps that stand before it or will.
func (b *bench) letThrough(n int) {
	ctx := b.t.Context()
	b.helpers.Go(func() {
		for range n {
			select {
			case b.kind.gate <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	})
}

func TestCancelEndsAllOpenExecutionsAlsoThoseThatWait(t *testing.T) { // I7
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.concurrency = 1 })
	ctx := t.Context()
	d := b.create(`{}`)
	running := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	waiting := b.execute(d.ID, `{"gate":true}`)
	if waiting.State != workflow.Pending {
		t.Errorf("the second execution is %s", waiting.State)
	}
	n, err := b.CancelWorkflow(ctx, admin, d.ID)
	b.must(err)
	if n != 2 {
		t.Errorf("%d executions were cancelled", n)
	}
	for _, id := range []workflow.ExecutionID{running.ID, waiting.ID} {
		if got := b.end(id); got.State != workflow.Cancelled {
			t.Errorf("ended as %s", got.State)
		}
	}
	again, err := b.CancelExecution(ctx, admin, running.ID)
	b.must(err)
	if again.State != workflow.Cancelled {
		t.Errorf("cancelled twice: %s", again.State)
	}
	_, err = b.PauseExecution(ctx, admin, running.ID)
	wants(t, err, workflow.CategoryConflict, "execution_ended")
	b.must(b.Archive(ctx, admin, d.ID))
}

// meanwhile is an engine in which something happens just before the first cancel.
type meanwhile struct {
	engine.Engine
	once sync.Once
	do   func(engine.Engine)
}

func (m *meanwhile) Cancel(ctx context.Context, workspace, execution string, by eventstore.Meta) (int64, error) {
	m.once.Do(func() { m.do(m.Engine) })
	return m.Engine.Cancel(ctx, workspace, execution, by)
}

// A parent may start a child after the open executions were listed.
func TestCancelReachesWhatBeginsMeanwhile(t *testing.T) {
	t.Parallel()
	late := workflow.NewExecutionID()
	m := &meanwhile{}
	b := open(t, func(b *bench) {
		b.around = func(e engine.Engine) engine.Engine { m.Engine = e; return m }
	})
	d := b.create(`{}`)
	first := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	m.do = func(e engine.Engine) {
		k := b.Kinds()[0]
		_, err := e.Start(t.Context(), engine.Start{Workspace: string(admin.Workspace), Execution: string(late), Function: k.Function(), Kind: k.Name(),
			Definition: string(d.ID), Version: 1, Input: []byte(`{"gate":true}`)})
		b.check(err)
	}
	n, err := b.CancelWorkflow(t.Context(), admin, d.ID)
	b.must(err)
	if n != 2 {
		t.Errorf("%d executions were cancelled", n)
	}
	b.ends(first.ID, workflow.Cancelled)
	b.ends(late, workflow.Cancelled)
}

// A resume cannot settle what only a person can know.
func TestAResumeDoesNotSettleAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	b := open(t)
	x := b.execute(b.create(`{}`).ID, `{"lost":true}`)
	b.until(x.ID, engine.EventParked)
	_, err := b.ResumeExecution(t.Context(), admin, x.ID)
	if e := wants(t, err, workflow.CategoryConflict, "answer_needed"); !strings.Contains(e.Message, "fake/lost") {
		t.Error(e.Message)
	}
	_, err = b.AnswerStep(t.Context(), admin, x.ID, orchestrator.AnswerRequest{Path: b.shown(x.ID).Parked.Path, Verdict: engine.Done})
	b.must(err)
	b.ends(x.ID, workflow.Completed)
}

func TestAnExecutionIsPausedAndResumedAlone(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	x, y := b.execute(d.ID, `{"gate":true}`), b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	<-b.kind.entered
	paused, err := b.PauseExecution(ctx, admin, x.ID)
	b.must(err)
	if paused.State != workflow.Paused {
		t.Errorf("state %s", paused.State)
	}
	b.letThrough(2)
	if got := b.end(y.ID); got.State != workflow.Completed {
		t.Errorf("the other one ended as %s", got.State)
	}
	resumed, err := b.ResumeExecution(ctx, admin, x.ID)
	b.must(err)
	if resumed.State == workflow.Paused {
		t.Error("still paused after resume")
	}
	if got := b.end(x.ID); got.State != workflow.Completed {
		t.Errorf("ended as %s", got.State)
	}
	_, err = b.ResumeExecution(ctx, admin, workflow.NewExecutionID())
	wants(t, err, workflow.CategoryNotFound, "execution_not_found")
}

func TestOneAfterTheOtherByPriority(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.concurrency = 1 })
	d := b.create(`{}`)
	first := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	var waiting [3]workflow.ExecutionID
	for i, priority := range []int{0, 0, 5} {
		started, err := b.Execute(t.Context(), admin, orchestrator.ExecuteRequest{Workflow: d.ID, Priority: priority, Input: []byte(`{"gate":true}`)})
		b.must(err)
		waiting[i] = started.Execution.ID
		if got, err := b.Execution(t.Context(), admin, waiting[i]); err != nil || got.State != workflow.Pending {
			t.Errorf("state %s, %v", got.State, err)
		}
	}
	b.restart() // the queue and its order survive
	if got := <-b.kind.entered; got != string(first.ID) {
		t.Fatalf("%s went on after the restart, want %s", got, first.ID)
	}
	b.kind.gate <- struct{}{}
	for _, want := range []workflow.ExecutionID{waiting[2], waiting[0], waiting[1]} {
		if got := <-b.kind.entered; got != string(want) {
			t.Fatalf("%s came next, want %s", got, want)
		}
		b.kind.gate <- struct{}{}
		b.end(want)
	}
}

func TestThePlacesOfAllWorkflowsAreBounded(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.limits = orchestrator.Limits{MaxConcurrent: 2, MaxPending: 2} })
	d, other := b.create(`{}`), b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true}`)
	b.execute(other.ID, `{"gate":true}`)
	third, fourth := b.execute(d.ID, `{"gate":true}`), b.execute(other.ID, `{}`)
	if third.State != workflow.Pending || fourth.State != workflow.Pending {
		t.Errorf("states %s and %s", third.State, fourth.State)
	}
	_, err := b.Execute(t.Context(), admin, orchestrator.ExecuteRequest{Workflow: d.ID})
	if e := wants(t, err, workflow.CategoryTooMany, "too_many_pending"); e.RetryAfter == 0 { // I30
		t.Error("a refused start does not say when to try again")
	}
	b.letThrough(3)
	b.end(x.ID)
	b.end(third.ID)
	b.end(fourth.ID)
}

func TestAParkedExecutionFreesItsPlaceAndGoesOn(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.limits.MaxConcurrent = 1 })
	ctx := t.Context()
	d, other := b.create(`{}`), b.create(`{}`)
	x := b.execute(d.ID, `{"reauth":true}`)
	b.until(x.ID, engine.EventParked)
	got, err := b.Execution(ctx, admin, x.ID)
	b.must(err)
	if got.State != workflow.Parked || got.Parked == nil || got.Parked.Reason != workflow.ReasonNeedsReauth || got.Parked.Fix == "" ||
		got.Parked.Step != "fake/reauth" || got.Parked.Error == nil || got.Parked.Error.Class != "auth" {
		t.Errorf("parked as %+v", got.Parked)
	}
	b.end(b.execute(other.ID, `{}`).ID)
	h, err := b.Health(ctx, admin, d.ID)
	b.must(err)
	if h.Status != workflow.Unhealthy || len(h.Reasons) != 1 || h.Reasons[0].Code != workflow.ReasonNeedsReauth || h.Reasons[0].Fix == "" || h.Reasons[0].Execution != x.ID {
		t.Errorf("health %+v", h)
	}
	close(b.kind.allowed)
	_, err = b.ResumeWorkflow(ctx, admin, d.ID)
	b.must(err)
	if got := b.end(x.ID); got.State != workflow.Completed || got.Parked != nil {
		t.Errorf("ended as %+v", got)
	}
}

func TestHealthAndMetricsTellWhatHappened(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	h, err := b.Health(ctx, admin, d.ID)
	b.must(err)
	if h.Status != workflow.Unknown {
		t.Errorf("a fresh workflow is %s", h.Status)
	}
	b.end(b.execute(d.ID, `{"steps":2,"retry":true}`).ID)
	failed := b.end(b.execute(d.ID, `{"fail":"validation"}`).ID)
	if failed.State != workflow.Failed || failed.Error == nil || failed.Error.Class != "validation" || failed.Error.Code != "planned" || failed.Error.Step != "fake/fail" {
		t.Errorf("failed as %+v", failed.Error)
	}
	h, err = b.Health(ctx, admin, d.ID)
	b.must(err)
	if h.Status != workflow.Degraded || h.ConsecutiveFailures != 1 || len(h.LastEnds) != 2 || h.LastEnds[0].Execution != failed.ID || h.Reasons[0].Execution != failed.ID {
		t.Errorf("health %+v", h)
	}
	for range 2 {
		b.end(b.execute(d.ID, `{"fail":"fatal"}`).ID)
	}
	if h, err = b.Health(ctx, admin, d.ID); err != nil || h.Status != workflow.Unhealthy {
		t.Errorf("three failures in a row are %s, %v", h.Status, err)
	}
	m, err := b.Metrics(ctx, admin, d.ID)
	b.must(err)
	if m.Total != 4 || m.Executions["completed"] != 1 || m.Executions["failed"] != 3 || *m.SuccessRate != 0.25 || m.Duration.Count != 4 {
		t.Errorf("metrics %+v", m)
	}
	if m.Steps.Completed != 4 || m.Steps.Failed != 3 || m.Steps.Retried != 1 || m.Errors["validation"] != 1 || m.Errors["fatal"] != 2 || m.Errors["transient"] != 1 {
		t.Errorf("steps %+v, errors %v", m.Steps, m.Errors)
	}
	var counted int64
	for _, bucket := range m.Duration.Buckets {
		counted += bucket.Count
	}
	if counted != 4 || m.Duration.P50 > m.Duration.Max || m.Duration.P50 < m.Duration.Min {
		t.Errorf("durations %+v", m.Duration)
	}
	b.end(b.execute(d.ID, `{}`).ID)
	if h, err = b.Health(ctx, admin, d.ID); err != nil || h.Status != workflow.Healthy || h.ConsecutiveFailures != 0 {
		t.Errorf("after a success: %+v, %v", h, err)
	}
}

func TestBlobsGoWithTheirExecutionAndOrphansAtStart(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	b.blobs.add(t, string(x.ID))
	b.blobs.add(t, "ex_orphan")
	b.restart()
	b.blobs.waitGone(t, "ex_orphan")
	if !b.blobs.has(t, string(x.ID)) {
		t.Error("a restart deleted the blobs of an open execution")
	}
	b.letThrough(1)
	b.end(x.ID)
	b.blobs.waitGone(t, string(x.ID))
}

// An end is known before the read models show it; a verb that comes then must
// not speak of an execution that still runs.
func TestAVerbAfterTheEndSeesTheEnd(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"steps":1}`)
	if _, err := b.AwaitEnd(t.Context(), admin, x.ID); err != nil {
		t.Fatal(err)
	}
	_, err := b.PauseExecution(t.Context(), admin, x.ID)
	if e := wants(t, err, workflow.CategoryConflict, "execution_ended"); !strings.Contains(e.Message, "completed") {
		t.Errorf("said: %s", e.Message)
	}
}

// A refusal speaks of what was asked for, and its advice leads somewhere.
func TestWhatIsSaidWhenNothingCanBeRedrivenOrDiscarded(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	failed := b.end(b.execute(d.ID, `{"fail":"validation"}`).ID)
	again, err := b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: failed.ID})
	b.must(err)
	b.end(again.Execution.ID)
	parked := b.execute(d.ID, `{"reauth":true}`)
	b.until(parked.ID, engine.EventParked)
	for _, c := range []struct {
		of               workflow.Execution
		redrive, discard string
	}{
		{failed, "by " + string(again.Execution.ID) + "; redrive that one", "by " + string(again.Execution.ID) + "; discard that one"},
		{b.end(b.execute(d.ID, `{}`).ID), "only one that has failed can be redriven; start a new one", "only one that has failed can be discarded"},
		{parked, "has not ended (parked); only one that has failed can be redriven", "has not ended (parked); only one that has failed can be discarded"},
	} {
		_, err := b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: c.of.ID})
		wants(t, err, workflow.CategoryConflict, "not_redrivable")
		if !strings.HasSuffix(err.Error(), c.redrive) {
			t.Errorf("redrive: %v; want %s", err, c.redrive)
		}
		_, err = b.Discard(ctx, admin, c.of.ID)
		wants(t, err, workflow.CategoryConflict, "not_redrivable")
		if !strings.HasSuffix(err.Error(), c.discard) {
			t.Errorf("discard: %v; want %s", err, c.discard)
		}
	}
}
