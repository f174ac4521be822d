package orchestrator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection/projectiontest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	onBothWith(t, func(*bench) {}, test)
}

// onBothWith runs a test on both databases, with a process that was changed.
func onBothWith(t *testing.T, change func(*bench), test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, change))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtest.URL(t)
		test(t, open(t, change, func(b *bench) { b.url = url }))
	})
}

// tables are those with rows that are folded from events.
var tables = []string{"workflows", "workflow_figures", "executions", "execution_steps"}

// live makes something of everything: ends of each sort, and executions that
// are open in several states.
func live(t *testing.T, b *bench) {
	t.Helper()
	ctx := t.Context()
	d, other := b.create(`{"token":"abc","later":1}`), b.create(`{}`)
	b.end(b.execute(d.ID, `{"steps":3,"retry":true}`).ID)
	failed := b.end(b.execute(d.ID, `{"fail":"validation"}`).ID)
	again, err := b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: failed.ID})
	b.must(err)
	b.end(again.Execution.ID)
	_, err = b.Discard(ctx, admin, again.Execution.ID)
	b.must(err)
	_, err = b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "newer", Config: []byte(`{}`), Labels: map[string]string{"b": "2", "a": "1"}})
	b.must(err)
	cancelled := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	_, err = b.CancelExecution(ctx, admin, cancelled.ID)
	b.must(err)
	b.end(cancelled.ID)
	b.until(b.execute(d.ID, `{"reauth":true}`).ID, engine.EventParked)
	b.execute(other.ID, `{"steps":1,"gate":true}`)
	<-b.kind.entered
	paused := b.execute(other.ID, `{"gate":true}`)
	<-b.kind.entered
	_, err = b.PauseExecution(ctx, admin, paused.ID)
	b.must(err)
	b.until(b.execute(other.ID, `{"wait":true}`).ID, engine.EventWaiting)
	b.until(b.execute(other.ID, `{"child":{"gate":true}}`).ID, engine.EventChildStarted)
	<-b.kind.entered // the child's last event for now is its step's
	b.must(b.CaughtUp(ctx))
}

func TestARebuildGivesTheSameRows(t *testing.T) { // I13
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		live(t, b)
		want := projectiontest.Rows(t, b.db, tables...)
		for _, table := range tables {
			if len(want[table]) == 0 {
				t.Fatalf("the table %s has no rows", table)
			}
		}
		b.must(b.projections.Rebuild(t.Context(), readmodel.Projection))
		if diff := cmp.Diff(want, projectiontest.Rows(t, b.db, tables...)); diff != "" {
			t.Errorf("rebuilt beside a running set: %s", diff)
		}
		b.stop()
		b.prepare()
		for _, most := range []int{1, 3, 4096} {
			set, err := projection.Open(t.Context(), projection.Options{Store: b.store, DB: b.db, MaxEvents: most})
			b.must(err)
			_, err = readmodel.Open(t.Context(), b.db, set)
			b.must(err)
			b.must(set.Rebuild(t.Context()))
			if diff := cmp.Diff(want, projectiontest.Rows(t, b.db, tables...)); diff != "" {
				t.Errorf("rebuilt alone, %d events at a time: %s", most, diff)
			}
		}
	})
}

func TestWhatWasAnsweredCanBeRead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		d := b.create(`{}`)
		page, err := b.List(ctx, admin, query.ListRequest{Type: "fake"})
		b.must(err)
		got, err := b.Get(ctx, admin, d.ID)
		b.must(err)
		if diff := cmp.Diff([]workflow.Definition{got}, page.Items); diff != "" {
			t.Errorf("listed differently from what is read alone: %s", diff)
		}
		var ids []workflow.ExecutionID
		for range 5 {
			x := b.execute(d.ID, `{"gate":true}`)
			ids = append([]workflow.ExecutionID{x.ID}, ids...)
			got, err := b.Execution(ctx, admin, x.ID)
			b.must(err)
			if got.State != workflow.Running {
				t.Errorf("right after its start an execution is %s", got.State)
			}
		}
		for _, r := range []query.ExecutionsRequest{{}, {Workflow: d.ID}, {State: workflow.Running}, {Workflow: d.ID, State: workflow.Running}} {
			if diff := cmp.Diff(ids, listed(t, b, r)); diff != "" {
				t.Errorf("%+v: %s", r, diff)
			}
		}
		if got := listed(t, b, query.ExecutionsRequest{State: workflow.Completed}); len(got) != 0 {
			t.Errorf("completed: %v", got)
		}
		b.letThrough(5)
		for _, id := range ids {
			b.end(id)
		}
		if diff := cmp.Diff(ids, listed(t, b, query.ExecutionsRequest{State: workflow.Completed})); diff != "" {
			t.Error(diff)
		}
	})
}

// listed reads all pages of a list of executions.
func listed(t *testing.T, b *bench, r query.ExecutionsRequest) []workflow.ExecutionID {
	t.Helper()
	var out []workflow.ExecutionID
	r.Limit = 2
	for {
		page, err := b.Executions(t.Context(), admin, r)
		b.must(err)
		for _, x := range page.Items {
			out = append(out, x.ID)
		}
		if r.Cursor = page.Next; r.Cursor == "" {
			return out
		}
	}
}

func TestStepsArePagedInTheOrderOfTheirStarts(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		x := b.execute(b.create(`{}`).ID, `{"steps":12}`)
		b.end(x.ID)
		var paths []string
		r := query.StepsRequest{Execution: x.ID, Limit: 5}
		for {
			page, err := b.Steps(t.Context(), admin, r)
			b.must(err)
			for _, s := range page.Items {
				paths = append(paths, s.Path)
			}
			if r.Cursor = page.Next; r.Cursor == "" {
				break
			}
		}
		if got := strings.Join(paths, " "); got != "1 2 3 4 5 6 7 8 9 10 11 12 13" {
			t.Errorf("paths %s", got)
		}
	})
}

func TestALateProjectionSaysByHowMuch(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	b.end(b.execute(d.ID, `{"steps":1}`).ID)
	b.must(b.CaughtUp(ctx))
	lag, err := b.Lag(ctx)
	b.must(err)
	if lag.Events != 0 || lag.Seconds != 0 {
		t.Errorf("caught up, and the lag is %+v", lag)
	}
	b.stop()
	b.prepare()
	b.exec("UPDATE projection_checkpoints SET position = 0")
	late, err := projection.Open(ctx, projection.Options{Store: b.store, DB: b.db})
	b.must(err)
	service, err := orchestrator.New(ctx, orchestrator.Options{Store: b.store, DB: b.db, Engine: b.engine, Projections: late,
		Hub: orchestrator.NewHub(orchestrator.Limits{}, nil), Kinds: none(t)})
	b.must(err)
	head, err := b.store.Head(ctx)
	b.must(err)
	if lag, err = service.Lag(ctx); err != nil || lag.Events != head || lag.Seconds <= 0 {
		t.Errorf("lag %+v, want %d events, %v", lag, head, err)
	}
}

func TestAStoppedReadModelSaysSo(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	b.must(b.CaughtUp(ctx))
	foreign := eventstore.StreamID{Workspace: string(stranger.Workspace), Type: workflow.StreamType, ID: "wf_broken"}
	appended, err := b.store.Append(ctx, eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: foreign, Expected: eventstore.NoStream,
		Events: []eventstore.NewEvent{{Type: workflow.EventCreated, Data: []byte(`"not a version"`)}}}}})
	b.must(err)
	refused := wants(t, b.CaughtUp(ctx), workflow.CategoryUnavailable, "read_models_behind")
	h, err := b.Health(ctx, admin, d.ID)
	b.must(err)
	i := slices.IndexFunc(h.Reasons, func(r workflow.HealthReason) bool { return r.Code == "read_models_stopped" })
	if i < 0 || h.Reasons[i].Fix != "start a build that can read this event" {
		t.Fatalf("health %+v", h)
	}
	for _, text := range []string{refused.Message, h.Reasons[i].Detail} {
		for _, want := range []string{readmodel.Projection, fmt.Sprint("event ", appended.Position), workflow.EventCreated} {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not say %q", text, want)
			}
		}
		if strings.Contains(text, foreign.ID) {
			t.Errorf("%q names what belongs to another workspace", text)
		}
	}
}
