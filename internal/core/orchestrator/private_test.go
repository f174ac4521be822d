package orchestrator_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// What someone gave to an execution of a private kind is nowhere in the clear:
// not in an answer (a repeated one neither), an event, a journal, the database
// or a blob; also not when it is large, refused, redriven or replaced.
func TestPrivateInputsAreNowhereInTheClear(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.private, b.kind.concurrency = true, 1 })
	ctx := t.Context()
	d := b.create(`{}`)
	seen := func(what string, v any, err error) {
		t.Helper()
		text, bad := json.Marshal(v)
		b.must(bad)
		if err != nil {
			text = append(text, err.Error()...)
		}
		if strings.Contains(string(text), "canary") {
			t.Errorf("%s shows a private input: %.300s", what, text)
		}
	}
	for _, text := range []string{"canary", strings.Repeat("canary ", 20_000)} {
		input, err := json.Marshal(map[string]any{"text": text, "fail": "validation"})
		b.must(err)
		key := "key" + string(rune('a'+len(text)%7))
		var started orchestrator.Started
		for range 2 {
			started, err = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID, Input: input, IdempotencyKey: key})
			b.must(err)
			seen("the start", started, nil)
		}
		failed := b.end(started.Execution.ID)
		seen("the failed execution", failed, nil)
		if failed.Error.Code != "planned" {
			t.Fatalf("it did not begin with its input: %v", failed.Error)
		}
		_, err = b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: failed.ID, Input: json.RawMessage(`{"canary-x":1}`)})
		if err == nil {
			t.Fatal("another input was accepted")
		}
		for _, with := range []json.RawMessage{nil, json.RawMessage(`{"text":"canary","fail":"validation","steps":1}`)} {
			var again orchestrator.Started
			for range 2 {
				again, err = b.Redrive(ctx, admin, orchestrator.RedriveRequest{Execution: failed.ID, Input: with, IdempotencyKey: "r" + key + string(failed.ID)})
				b.must(err)
				seen("the redrive", again, nil)
			}
			failed = b.end(again.Execution.ID)
			if failed.State != workflow.Failed || failed.Error.Code != "planned" {
				t.Errorf("the redrive ended as %s, %v", failed.State, failed.Error)
			}
			seen("the redriven execution", failed, nil)
		}
	}
	page, err := b.Executions(ctx, admin, query.ExecutionsRequest{Limit: 100})
	seen("the list", page, err)
	events, err := b.store.ReadAll(ctx, 0, 10_000, eventstore.Filter{Private: true})
	b.must(err)
	for _, e := range events {
		if strings.Contains(string(e.Data)+string(e.Journal), "canary") {
			t.Errorf("event %s holds a private input", e.Type)
		}
	}
	look := func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if strings.Contains(string(raw), "canary") {
			t.Errorf("%s holds a private input in the clear", path)
		}
		return err
	}
	b.must(filepath.WalkDir(b.dir, look))
	b.stop()
	b.must(filepath.WalkDir(b.dir, look))
}
