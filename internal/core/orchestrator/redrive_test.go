package orchestrator_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// failing is a plan that keeps a blob, has two effects and then fails, until the
// test lets it through.
const failing = `{"keep":true,"steps":2,"fail":"validation"}`

// failed starts an execution and returns it when it has failed.
func (b *bench) failed(id workflow.ID, input string) workflow.Execution {
	b.t.Helper()
	return b.ends(b.execute(id, input).ID, workflow.Failed)
}

func (b *bench) redrive(r orchestrator.RedriveRequest) orchestrator.Started {
	b.t.Helper()
	started, err := b.Redrive(b.t.Context(), admin, r)
	b.must(err)
	return started
}

func (b *bench) notRedrivable(id workflow.ExecutionID, because string) {
	b.t.Helper()
	_, err := b.Redrive(b.t.Context(), admin, orchestrator.RedriveRequest{Execution: id})
	if e := wants(b.t, err, workflow.CategoryConflict, "not_redrivable"); !strings.Contains(e.Message, because) {
		b.t.Errorf("said %q, want %q", e.Message, because)
	}
}

func TestARedriveGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		x := b.failed(d.ID, failing)
		first := b.kind.done()
		if len(first) != 4 || !b.blobs.has(t, string(x.ID)) {
			t.Fatalf("effects %v", first)
		}
		close(b.kind.allowed)
		started := b.redrive(orchestrator.RedriveRequest{Execution: x.ID, Priority: 3})
		if started.Replayed || started.Repeats != nil || started.Execution.State != workflow.Running || started.Position == 0 || started.Execution.WorkflowVersion != 1 {
			t.Errorf("the answer is %+v", started)
		}
		again := b.ends(started.Execution.ID, workflow.Completed)
		if diff := cmp.Diff(first[3:], b.kind.done()); diff != "" {
			t.Errorf("what was done again, and on which keys: %s", diff)
		}
		var out outcome
		b.must(json.Unmarshal(again.Output, &out))
		if out.Text != "kept by "+string(x.ID) || out.Steps != 2 {
			t.Errorf("it ended with %s", again.Output)
		}
		if again.Origin == nil || again.Origin.Execution != x.ID || again.Origin.Fresh || again.Trigger != (workflow.Trigger{Type: "redrive", Key: string(x.ID)}) ||
			string(again.Input) != failing || again.Priority != 3 || again.StepsCompleted != 2 { // fail and use
			t.Errorf("shown as %+v", again)
		}
		if got := b.shown(x.ID); got.SupersededBy != again.ID || got.State != workflow.Failed {
			t.Errorf("the origin is shown as %+v", got)
		}
		b.blobs.waitGone(t, string(x.ID))
		b.notRedrivable(x.ID, string(again.ID))
		b.notRedrivable(again.ID, "completed")
	})
}

// A redrive that fails can be redriven; keys and blobs go along the chain, also
// across a restart.
func TestAChainOfRedrives(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		x := b.failed(d.ID, failing)
		last, failKey := x, b.kind.done()[3]
		for range 3 {
			started := b.redrive(orchestrator.RedriveRequest{Execution: last.ID})
			b.notRedrivable(last.ID, string(started.Execution.ID))
			last = b.ends(started.Execution.ID, workflow.Failed)
			if got := b.kind.done(); !slices.Equal(got, []string{failKey}) {
				t.Errorf("done again: %v, want %s", got, failKey)
			}
			b.restart()
		}
		if !b.blobs.has(t, string(x.ID)) {
			t.Fatal("a sweep deleted what the last redrive needs")
		}
		close(b.kind.allowed)
		done := b.ends(b.redrive(orchestrator.RedriveRequest{Execution: last.ID}).Execution.ID, workflow.Completed)
		if !strings.Contains(string(done.Output), "kept by "+string(x.ID)) || done.Origin.Execution != last.ID {
			t.Errorf("ended as %+v", done)
		}
		b.blobs.waitGone(t, string(x.ID))
	})
}

// Another input takes nothing over, and says which effects come again.
func TestARedriveWithAnotherInput(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		x := b.failed(d.ID, failing)
		first := b.kind.done()
		ask := orchestrator.RedriveRequest{Execution: x.ID, Input: json.RawMessage(`{"keep":true,"steps":1}`), IdempotencyKey: "k"}
		started := b.redrive(ask)
		if diff := cmp.Diff(map[string]int{"fake/keep": 1, "fake/quick": 2}, started.Repeats); diff != "" {
			t.Errorf("repeats: %s", diff)
		}
		again := b.ends(started.Execution.ID, workflow.Completed)
		if !again.Origin.Fresh || string(again.Input) != `{"keep":true,"steps":1}` || !strings.Contains(string(again.Output), "kept by "+string(again.ID)) {
			t.Errorf("shown as %+v", again)
		}
		for _, effect := range b.kind.done() {
			if slices.Contains(first, effect) {
				t.Errorf("%s was had on the origin's key", effect)
			}
		}
		replayed := b.redrive(ask)
		if !replayed.Replayed || replayed.Execution.ID != again.ID || !cmp.Equal(replayed.Repeats, started.Repeats) {
			t.Errorf("asked again: %+v", replayed)
		}
		if b.shown(x.ID).SupersededBy != again.ID {
			t.Error("the origin is not superseded")
		}
	})
}

func TestTheSameInputIsNoOther(t *testing.T) {
	t.Parallel()
	b := open(t)
	x := b.failed(b.create(`{}`).ID, failing)
	b.kind.done()
	started := b.redrive(orchestrator.RedriveRequest{Execution: x.ID, Input: json.RawMessage(` {"steps": 2, "fail": "validation", "keep": true} `)})
	b.ends(started.Execution.ID, workflow.Failed)
	if started.Repeats != nil || started.Execution.Origin.Fresh || len(b.kind.done()) != 1 {
		t.Errorf("taken for another input: %+v", started)
	}
}

func TestTheVersionOfARedrive(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	b.update(d.ID, `{"later":1}`)
	for name, c := range map[string]struct {
		ask  orchestrator.RedriveRequest
		want int
	}{
		"that of the origin": {orchestrator.RedriveRequest{}, 2},
		"an older one":       {orchestrator.RedriveRequest{Version: 1}, 1},
		"a newer one":        {orchestrator.RedriveRequest{Version: 3}, 3},
		"the latest":         {orchestrator.RedriveRequest{Latest: true}, 4},
	} {
		d := b.create(`{}`)
		b.update(d.ID, `{"later":1}`)
		c.ask.Execution = b.failed(d.ID, failing).ID
		b.update(d.ID, `{"later":2}`)
		b.update(d.ID, `{"later":3}`)
		if got := b.ends(b.redrive(c.ask).Execution.ID, workflow.Failed); got.WorkflowVersion != c.want {
			t.Errorf("%s: version %d", name, got.WorkflowVersion)
		}
	}
	x := b.failed(d.ID, failing)
	_, err := b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: x.ID, Version: 9})
	wants(t, err, workflow.CategoryNotFound, "version_not_found")
	_, err = b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: x.ID, Version: -1})
	if e := wants(t, err, workflow.CategoryInvalid, "invalid_start"); e.Problems[0].Pointer != "/version" {
		t.Errorf("problems %+v", e.Problems)
	}
	_, err = b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: x.ID, Input: json.RawMessage(`{"steps":"two"}`)})
	if e := wants(t, err, workflow.CategoryInvalid, "invalid_input"); e.Problems[0].Pointer != "/input/steps" {
		t.Errorf("problems %+v", e.Problems)
	}
}

// A redrive waits for its turn like any start, and takes the newest version then
// if it was told so.
func TestARedriveWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	b := open(t, oneLane)
	d := b.create(`{}`)
	x := b.failed(d.ID, failing)
	b.queued(d.ID)
	started := b.redrive(orchestrator.RedriveRequest{Execution: x.ID, Latest: true})
	if started.Execution.State != workflow.Pending || started.Execution.WorkflowVersion != 0 {
		t.Errorf("answered %+v", started.Execution)
	}
	b.notRedrivable(x.ID, string(started.Execution.ID))
	b.update(d.ID, `{"later":1}`)
	b.kind.done()
	b.restart()
	if !b.blobs.has(t, string(x.ID)) {
		t.Error("a sweep deleted what a pending redrive needs")
	}
	close(b.kind.allowed)
	b.letThrough(1)
	got := b.ends(started.Execution.ID, workflow.Completed)
	if got.WorkflowVersion != 2 || len(b.kind.done()) != 1 || !strings.Contains(string(got.Output), "kept by "+string(x.ID)) {
		t.Errorf("ended as %+v", got)
	}
}

func TestWhatCannotBeRedriven(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	running := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	b.notRedrivable(running.ID, "has not ended (running)")
	_, err := b.Discard(ctx, admin, running.ID)
	wants(t, err, workflow.CategoryConflict, "not_redrivable")
	_, err = b.CancelExecution(ctx, admin, running.ID)
	b.must(err)
	b.ends(running.ID, workflow.Cancelled)
	b.notRedrivable(running.ID, "was cancelled")
	b.notRedrivable(b.ends(b.execute(d.ID, `{}`).ID, workflow.Completed).ID, "has completed")

	parent := b.failed(d.ID, `{"child":{"fail":"validation"}}`)
	child := b.childOf(parent.ID)
	b.notRedrivable(child.ID, "is a child; redrive "+string(parent.ID))

	x := b.failed(d.ID, failing)
	ghost := workflow.NewExecutionID()
	for _, id := range []workflow.ExecutionID{x.ID, ghost} { // another workspace's reads like none
		_, err := b.Redrive(ctx, stranger, orchestrator.RedriveRequest{Execution: id})
		if e := wants(t, err, workflow.CategoryNotFound, "execution_not_found"); e.Message != "there is no execution "+string(id)+" in this workspace" {
			t.Errorf("said %q", e.Message)
		}
		_, err = b.Discard(ctx, stranger, id)
		wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	}
	_, err = b.PauseWorkflow(ctx, admin, d.ID)
	b.must(err)
	_, err = b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: x.ID})
	wants(t, err, workflow.CategoryConflict, "workflow_paused")
	b.must(b.Archive(ctx, admin, d.ID))
	_, err = b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: x.ID})
	wants(t, err, workflow.CategoryConflict, "workflow_archived")
	if got := b.shown(x.ID); got.SupersededBy != "" {
		t.Errorf("a refused redrive supersedes: %+v", got)
	}
	_, err = b.Discard(ctx, admin, x.ID) // what it keeps can go all the same
	b.must(err)
	b.blobs.waitGone(t, string(x.ID))
}

// childOf returns the only child of an execution.
func (b *bench) childOf(parent workflow.ExecutionID) workflow.Execution {
	b.t.Helper()
	started := b.events(parent, engine.EventChildStarted)
	if len(started) != 1 {
		b.t.Fatalf("%d children", len(started))
	}
	var e engine.ChildEvent
	b.must(json.Unmarshal([]byte(started[0]), &e))
	id := workflow.ExecutionID(e.Child)
	for { // it is created after its parent has said so
		_, err := b.Execution(b.t.Context(), admin, id)
		if err == nil {
			return b.shown(id)
		}
		wants(b.t, err, workflow.CategoryNotFound, "execution_not_found")
	}
}

// One execution is redriven once, however many ask at a time.
func TestOneRedriveAtATime(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"strangers": "", "the same request": "k"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			x := b.failed(b.create(`{}`).ID, failing)
			var group sync.WaitGroup
			answers, errs := make([]orchestrator.Started, 8), make([]error, 8)
			for i := range answers {
				group.Go(func() {
					answers[i], errs[i] = b.Redrive(t.Context(), admin, orchestrator.RedriveRequest{Execution: x.ID, IdempotencyKey: key})
				})
			}
			group.Wait()
			by := b.shown(x.ID).SupersededBy
			fresh := 0
			for i, err := range errs {
				if err != nil && key == "" {
					wants(t, err, workflow.CategoryConflict, "not_redrivable")
					continue
				}
				b.must(err)
				if answers[i].Execution.ID != by {
					t.Errorf("answered %s, superseded by %s", answers[i].Execution.ID, by)
				}
				if !answers[i].Replayed {
					fresh++
				}
			}
			if fresh != 1 {
				t.Errorf("%d redrives", fresh)
			}
			b.ends(by, workflow.Failed)
		})
	}
}

func TestADiscardedExecutionKeepsNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		d := b.create(`{}`)
		x := b.failed(d.ID, failing)
		before, err := b.Get(ctx, admin, d.ID)
		b.must(err)
		got, err := b.Discard(ctx, admin, x.ID)
		b.must(err)
		if got.DiscardedAt == nil || got.State != workflow.Failed {
			t.Errorf("discarded: %+v", got)
		}
		b.blobs.waitGone(t, string(x.ID))
		twice, err := b.Discard(ctx, admin, x.ID)
		b.must(err)
		if !twice.DiscardedAt.Equal(*got.DiscardedAt) {
			t.Errorf("discarded twice: %v, then %v", got.DiscardedAt, twice.DiscardedAt)
		}
		b.notRedrivable(x.ID, "was discarded")
		after, err := b.Get(ctx, admin, d.ID)
		b.must(err)
		page, err := b.List(ctx, admin, query.ListRequest{})
		b.must(err)
		for _, now := range []workflow.Definition{after, page.Items[0]} {
			if !now.UpdatedAt.Equal(before.UpdatedAt) || now.Version != before.Version {
				t.Errorf("the workflow is at %s, before the discard it was at %s", now.UpdatedAt, before.UpdatedAt)
			}
		}
		b.restart()
		if again := b.shown(x.ID); again.DiscardedAt == nil || !again.DiscardedAt.Equal(*got.DiscardedAt) {
			t.Errorf("after a restart: %+v", again)
		}
	})
}

// What a failed execution has kept is kept for 30 days.
func TestARedriveIsPossibleFor30Days(t *testing.T) {
	t.Parallel()
	now := &shifted{Clock: clock.System()}
	b := open(t, func(b *bench) { b.options.Clock = now })
	d := b.create(`{}`)
	x, y := b.failed(d.ID, failing), b.failed(d.ID, failing)
	now.by.Store(int64(30*24*time.Hour - time.Minute))
	b.restart() // sweeps
	b.swept()
	if !b.blobs.has(t, string(x.ID)) {
		t.Fatal("gone within 30 days")
	}
	b.ends(b.redrive(orchestrator.RedriveRequest{Execution: y.ID}).Execution.ID, workflow.Failed)
	now.by.Store(int64(30*24*time.Hour + time.Minute))
	b.notRedrivable(x.ID, "more than 30 days ago")
	_, err := b.Discard(t.Context(), admin, x.ID)
	wants(t, err, workflow.CategoryConflict, "not_redrivable")
	b.restart()
	b.blobs.waitGone(t, string(x.ID))
	if !b.blobs.has(t, string(y.ID)) {
		t.Error("what a younger redrive needs is gone")
	}
}

// swept returns when a sweep has been through: it deletes an orphan.
func (b *bench) swept() {
	b.t.Helper()
	b.blobs.add(b.t, "ex_orphan")
	b.restart()
	b.blobs.waitGone(b.t, "ex_orphan")
}

// A child's blobs are kept as long as its parent may read them.
func TestTheBlobsOfAChild(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	parent := b.execute(d.ID, `{"child":{"keep":true},"gate":true,"fail":"validation"}`)
	<-b.kind.entered
	child := b.childOf(parent.ID)
	b.ends(child.ID, workflow.Completed)
	b.swept()
	if !b.blobs.has(t, string(child.ID)) {
		t.Fatal("gone while the parent is open")
	}
	b.letThrough(1)
	b.ends(parent.ID, workflow.Failed)
	b.swept()
	if !b.blobs.has(t, string(child.ID)) {
		t.Fatal("gone while the parent can be redriven")
	}
	close(b.kind.allowed)
	b.ends(b.redrive(orchestrator.RedriveRequest{Execution: parent.ID}).Execution.ID, workflow.Completed)
	b.swept()
	b.blobs.waitGone(t, string(child.ID))
}

// An execution that has continued is redriven from its last generation, and is
// shown with the input that it was started with.
func TestARedriveOfALaterGeneration(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]orchestrator.RedriveRequest{"its version": {}, "the latest": {Latest: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, oneLane)
			d := b.create(`{}`)
			x := b.failed(d.ID, `{"again":2,"fail":"validation"}`)
			if x.Generation != 3 {
				t.Fatalf("it failed in generation %d", x.Generation)
			}
			b.kind.done()
			for i, state := range []workflow.ExecutionState{workflow.Failed, workflow.Completed} { // the second redrives the first
				if state == workflow.Completed {
					close(b.kind.allowed)
				}
				b.queued(d.ID)
				ask.Execution = x.ID
				pending := b.redrive(ask).Execution
				b.restart()
				b.letThrough(1)
				x = b.ends(pending.ID, state)
				if string(x.Input) != `{"again":2,"fail":"validation"}` || x.Origin.Generation != 3-2*i || len(b.kind.done()) != 1 {
					t.Errorf("ended as %+v with input %s", x, x.Input)
				}
				if created := b.events(x.ID, engine.EventCreated)[0]; strings.Contains(created, "continued") {
					t.Errorf("created says %s", created)
				}
			}
		})
	}
}
