package orchestrator_test

import (
	"context"
	"encoding/json"
	"runtime"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// A caller who leaves while the start is being committed leaves an execution
// like any other: it keeps its place or gets one.
func TestAStartWhoseCallerLeftIsNotForgotten(t *testing.T) { // I1
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.concurrency = 1 })
	d := b.create(`{}`)
	first := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered

	held, free := make(chan struct{}), make(chan struct{})
	b.db.Submit(func(context.Context, db.Tx) error { close(held); <-free; return nil }, func(error) {})
	<-held
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{})
	b.helpers.Go(func() {
		defer close(done)
		_, _ = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID, Input: json.RawMessage(`{}`)})
	})
	for orchestrator.Places(b.Service, admin.Workspace, d.ID) < 2 {
		runtime.Gosched()
	}
	leave()
	close(free)
	<-done
	page, err := b.Executions(t.Context(), admin, query.ExecutionsRequest{Workflow: d.ID, State: workflow.Pending})
	b.must(err)
	if len(page.Items) != 1 {
		t.Fatalf("pending: %+v", page.Items)
	}
	_, err = b.CancelExecution(t.Context(), admin, first.ID)
	b.must(err)
	if got := b.end(page.Items[0].ID); got.State != workflow.Completed {
		t.Errorf("ended as %s", got.State)
	}
}
