package orchestrator_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// shifted is a clock that a test can move.
type shifted struct {
	clock.Clock
	by atomic.Int64
}

func (c *shifted) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.by.Load())) }

func TestAnIdempotencyKeyIsKeptForADay(t *testing.T) {
	t.Parallel()
	now := &shifted{Clock: clock.System()}
	b := open(t, func(b *bench) { b.options.Clock = now })
	ctx := t.Context()
	ask := orchestrator.ExecuteRequest{Workflow: b.create(`{}`).ID, IdempotencyKey: "k", Input: json.RawMessage(`{}`)}
	first, err := b.Execute(ctx, admin, ask)
	b.must(err)
	now.by.Store(int64(24*time.Hour - time.Minute))
	b.must(orchestrator.ForgetResponses(b.Service, ctx))
	again, err := b.Execute(ctx, admin, ask)
	b.must(err)
	if !again.Replayed || again.Execution.ID != first.Execution.ID {
		t.Error("forgotten within a day")
	}
	now.by.Store(int64(24*time.Hour + time.Minute))
	b.must(orchestrator.ForgetResponses(b.Service, ctx))
	later, err := b.Execute(ctx, admin, ask)
	b.must(err)
	if later.Replayed {
		t.Error("kept for ever")
	}
}

// A start whose transaction fails has started nothing and keeps no place.
func TestAStartThatCannotBeStoredIsRefused(t *testing.T) { // I1
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.concurrency = 1 })
	ctx := t.Context()
	d := b.create(`{}`)
	b.exec("CREATE TRIGGER refuse BEFORE INSERT ON idempotent_answers BEGIN SELECT raise(ABORT, 'refused'); END")
	ask := orchestrator.ExecuteRequest{Workflow: d.ID, IdempotencyKey: "k"}
	if _, err := b.Execute(ctx, admin, ask); err == nil {
		t.Fatal("started without its answer being stored")
	}
	b.exec("DROP TRIGGER refuse")
	page, err := b.Executions(ctx, admin, query.ExecutionsRequest{})
	b.must(err)
	if len(page.Items) != 0 {
		t.Errorf("a refused start left %v", page.Items)
	}
	started, err := b.Execute(ctx, admin, ask)
	b.must(err)
	if started.Replayed || started.Execution.State != workflow.Running {
		t.Errorf("the place is still taken: %+v", started)
	}
	b.end(started.Execution.ID)
}

// Read models that cannot be written are tried again and miss nothing.
func TestReadModelsCatchUpAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	b.must(b.CaughtUp(ctx))
	b.exec("ALTER TABLE execution_steps RENAME TO away")
	x := b.execute(d.ID, `{"steps":3}`)
	if state, err := b.AwaitEnd(ctx, admin, x.ID); err != nil || state != workflow.Completed {
		t.Fatalf("an execution depends on the read models: %s, %v", state, err)
	}
	hopeless, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := b.CaughtUp(hopeless); err == nil {
		t.Fatal("caught up without a table")
	}
	b.exec("ALTER TABLE away RENAME TO execution_steps")
	b.must(b.CaughtUp(ctx))
	m, err := b.Metrics(ctx, admin, d.ID)
	b.must(err)
	if got := b.end(x.ID); got.StepsCompleted != 4 || m.Steps.Completed != 4 || m.Total != 1 {
		t.Errorf("after catching up: %+v, %+v", got, m)
	}
}

func TestAReadDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.options.ReadPatience = 50 * time.Millisecond })
	d := b.create(`{}`)
	b.must(b.CaughtUp(t.Context()))
	b.exec("ALTER TABLE execution_steps RENAME TO away")
	x := b.execute(d.ID, `{"steps":1}`)
	if _, err := b.AwaitEnd(t.Context(), admin, x.ID); err != nil {
		t.Fatal(err)
	}
	_, err := b.List(t.Context(), admin, query.ListRequest{})
	wants(t, err, workflow.CategoryUnavailable, "read_models_behind")
	b.exec("ALTER TABLE away RENAME TO execution_steps")
}

func (b *bench) exec(sql string) {
	b.t.Helper()
	b.must(b.db.Write(b.t.Context(), func(ctx context.Context, tx db.Tx) error { _, err := tx.Exec(ctx, sql); return err }))
}
