package orchestrator_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection/projectiontest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// canary is what must not be found where an input must not stand.
const canary = "canary-9f1c"

// inputOf returns an input of so many bytes that holds the canary, for a plan.
func inputOf(plan string, size int) string {
	head := strings.TrimSuffix(plan, "}") + `,"text":"` + canary
	return head + strings.Repeat("x", size-len(head)-2) + `"}`
}

// sizes are inputs of each way of keeping: in a row, in a blob, and the largest.
var sizes = map[string]int{"small": 200, "100 KiB": 100 << 10, "1 MiB": 1 << 20}

// search looks for the canary in everything that the process has written.
func (b *bench) search() {
	b.t.Helper()
	events, err := b.store.ReadAll(b.t.Context(), 0, 10_000, eventstore.Filter{Private: true})
	b.must(err)
	for _, e := range events {
		if strings.Contains(string(e.Data)+string(e.Journal)+string(e.Labels), canary) {
			b.t.Errorf("event %s holds the input", e.Type)
		}
	}
	for table, rows := range projectiontest.Rows(b.t.(*testing.T), b.db, append(tables, "idempotent_answers", "execution_inputs")...) {
		if strings.Contains(fmt.Sprint(rows), canary) {
			b.t.Errorf("the table %s holds the input", table)
		}
	}
	if strings.Contains(b.log.String(), canary) {
		b.t.Error("the log holds the input")
	}
	b.stop()
	b.must(filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(raw), canary) {
			b.t.Errorf("%s holds the input", strings.TrimPrefix(path, b.dir))
		}
		return err
	}))
}

// Inputs that no journal may hold come to their function, also after a wait, a
// restart and a redrive, and stand nowhere in the clear.
func TestInputsThatAreKeptApart(t *testing.T) {
	t.Parallel()
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothWith(t, func(b *bench) { b.kind.private, b.log = true, &logBuffer{}; oneLane(b) }, func(t *testing.T, b *bench) {
				ctx := t.Context()
				d := b.create(`{}`)
				ask := func(plan string) orchestrator.ExecuteRequest {
					return orchestrator.ExecuteRequest{Workflow: d.ID, Input: json.RawMessage(inputOf(plan, size)), IdempotencyKey: plan}
				}
				at := b.executeAs(ask(`{"gate":true,"steps":1}`))
				<-b.kind.entered
				waits := b.executeAs(ask(`{"steps":2,"fail":"validation"}`))
				b.restart()
				for _, x := range []workflow.Execution{at, waits, b.shown(at.ID), b.shown(waits.ID)} {
					if len(x.Input) > 0 || x.ID == waits.ID && x.State != workflow.Pending {
						t.Errorf("%s is shown with an input of %d bytes", x.State, len(x.Input))
					}
				}
				b.letThrough(1)
				if got := b.ends(at.ID, workflow.Completed); got.StepsCompleted != 3 || len(got.Output) > 0 {
					t.Errorf("ended as %+v", got)
				}
				b.ends(waits.ID, workflow.Failed)
				b.kind.done()
				close(b.kind.allowed)
				again := b.redrive(orchestrator.RedriveRequest{Execution: waits.ID})
				if got := b.ends(again.Execution.ID, workflow.Completed); len(got.Input) > 0 || len(b.kind.done()) != 1 || again.Repeats != nil {
					t.Errorf("redriven: %+v", got)
				}
				_, err := b.Execute(ctx, admin, ask(`{"gate":true,"steps":1}`)) // answered from what was stored
				b.must(err)
				b.search()
			})
		})
	}
}

// A large input of a kind that is not private is kept in the same way.
func TestALargeInput(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.log = &logBuffer{} })
	d := b.create(`{}`)
	x := b.execute(d.ID, inputOf(`{"steps":1}`, 100<<10))
	got := b.ends(x.ID, workflow.Completed)
	if len(x.Input)+len(got.Input) > 0 || got.StepsCompleted != 2 || !strings.Contains(string(got.Output), `"steps":1`) {
		t.Errorf("ended as %+v", got)
	}
	fits := b.ends(b.execute(d.ID, inputOf(`{"steps":1}`, 48<<10)).ID, workflow.Completed)
	if len(fits.Input) != 48<<10 {
		t.Errorf("an input that a journal may hold is shown with %d bytes", len(fits.Input))
	}
	other := b.redriveOfLarge(d.ID)
	if other.Input != nil || !strings.Contains(string(other.Output), `"steps":2`) {
		t.Errorf("redriven: %+v", other)
	}
}

// redriveOfLarge fails with a large input and is redriven.
func (b *bench) redriveOfLarge(id workflow.ID) workflow.Execution {
	b.t.Helper()
	x := b.failed(id, inputOf(`{"steps":2,"fail":"fatal"}`, 200<<10))
	close(b.kind.allowed)
	return b.ends(b.redrive(orchestrator.RedriveRequest{Execution: x.ID}).Execution.ID, workflow.Completed)
}

func TestAnInputThatIsTooLarge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*bench)
		size   int
		code   string
	}{
		"a byte more than 1 MiB":         {func(*bench) {}, 1<<20 + 1, "malformed"},
		"where nothing is kept":          {func(b *bench) { b.noStore = true }, 48<<10 + 1, "too_long"},
		"private, where nothing is kept": {func(b *bench) { b.noStore, b.kind.private = true, true }, 100, "too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, c.change)
			d := b.create(`{}`)
			_, err := b.Execute(t.Context(), admin, orchestrator.ExecuteRequest{Workflow: d.ID, Input: json.RawMessage(inputOf(`{"steps":1}`, c.size))})
			e := wants(t, err, workflow.CategoryInvalid, "invalid_start")
			if len(e.Problems) != 1 || e.Problems[0].Pointer != "/input" || e.Problems[0].Code != c.code || strings.Contains(fmt.Sprint(e.Problems), canary) {
				t.Errorf("problems %v", e.Problems)
			}
			b.untilUsage(0, 0, 0)
			b.archive(d.ID)
		})
	}
}

// A private kind without an input keeps none.
func TestAPrivateKindWithoutInput(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.private, b.noStore = true, true })
	d := b.create(`{}`)
	for _, input := range []string{"", "{}"} {
		if got := b.ends(b.execute(d.ID, input).ID, workflow.Completed); got.Input != nil || got.Output != nil {
			t.Errorf("%q: shown as %+v", input, got)
		}
	}
}

// What a private kind returns is no one else's business.
func TestPrivateOutputs(t *testing.T) {
	t.Parallel()
	onBothWith(t, func(b *bench) { b.kind.private = true }, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		x := b.ends(b.execute(d.ID, `{"keep":true,"child":{"keep":true}}`).ID, workflow.Completed)
		page, err := b.Executions(t.Context(), admin, query.ExecutionsRequest{Workflow: d.ID})
		b.must(err)
		child := b.childOf(x.ID)
		for _, got := range append(page.Items, x, child) {
			if got.Output != nil || got.Input != nil {
				t.Errorf("shown as %+v", got)
			}
		}
		events, err := b.store.ReadAll(t.Context(), 0, 1000, eventstore.Filter{})
		b.must(err)
		for _, e := range events {
			if strings.Contains(string(e.Data), "kept by") {
				t.Errorf("%s shows an output: %s", e.Type, e.Data)
			}
		}
	})
}

// An input that was lost is said to be: whoever waits for it fails, and is not
// tried for ever.
func TestALostInput(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]int{"the latest": 0, "a version": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, oneLane)
			d := b.create(`{}`)
			large := json.RawMessage(inputOf(`{"steps":1}`, 100<<10))
			failed := b.failed(d.ID, inputOf(`{"fail":"fatal"}`, 100<<10))
			_, rest := b.queued(d.ID, orchestrator.ExecuteRequest{Input: large, Version: version}, orchestrator.ExecuteRequest{})
			for _, id := range []workflow.ExecutionID{rest[0].ID, failed.ID} {
				b.must(b.blobs.DeleteOwner(t.Context(), blob.Owner{Kind: blob.Execution, ID: string(id)}))
			}
			b.letThrough(1)
			x := b.ends(rest[0].ID, workflow.Failed)
			if x.Error.Code != "input_missing" || x.Error.Class != "fatal" || x.StepsCompleted != 0 ||
				!strings.Contains(x.Error.Message, "its file is missing or damaged") {
				t.Errorf("failed with %+v", x.Error)
			}
			b.ends(rest[1].ID, workflow.Completed)
			b.notRedrivable(failed.ID, "the input of execution "+string(failed.ID)+" is lost")
			again := b.redrive(orchestrator.RedriveRequest{Execution: failed.ID, Input: json.RawMessage(`{"steps":3}`)})
			if got := b.ends(again.Execution.ID, workflow.Completed); !got.Origin.Fresh {
				t.Errorf("redriven with another input: %+v", got)
			}
		})
	}
}
