package orchestrator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// arrived counts the signals that an execution has in its journal.
func (b *bench) arrived(x workflow.ExecutionID) (n int) {
	b.t.Helper()
	events, err := b.store.ReadStream(b.t.Context(), eventstore.StreamID{Workspace: string(admin.Workspace), Type: engine.StreamType, ID: string(x)}, 0, 1000)
	b.must(err)
	for _, e := range events {
		if e.Type == "journal.signal_received" {
			n++
		}
	}
	return n
}

// A key belongs to its caller: what another one sends under the same key is
// another signal.
func TestASignalArrivesOnceForEachCaller(t *testing.T) { // I14
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bench) {
		x := b.execute(b.create(`{}`).ID, `{"gate":true}`)
		<-b.kind.entered
		colleague := admin
		colleague.Principal = "pr_c"
		for i, c := range []struct {
			by       workflow.Caller
			key      string
			replayed bool
			arrived  int
		}{
			{admin, "k", false, 1}, {admin, "k", true, 1}, {colleague, "k", false, 2}, {colleague, "k", true, 2},
			{admin, "other", false, 3}, {admin, "", false, 4}, {admin, "", false, 5},
		} {
			_, replayed, err := b.Signal(t.Context(), c.by, orchestrator.SignalRequest{Execution: x.ID, Name: "go", Data: json.RawMessage(`1`), IdempotencyKey: c.key})
			b.must(err)
			if n := b.arrived(x.ID); replayed != c.replayed || n != c.arrived {
				t.Errorf("signal %d: replayed %v, and %d have arrived; want %v, %d", i, replayed, n, c.replayed, c.arrived)
			}
		}
		_, _, err := b.Signal(t.Context(), stranger, orchestrator.SignalRequest{Execution: x.ID, Name: "go"})
		wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	})
}

func TestASignalThatCannotBeAccepted(t *testing.T) {
	t.Parallel()
	b := open(t)
	x := b.execute(b.create(`{}`).ID, `{"gate":true}`)
	<-b.kind.entered
	long := func(n int) string { return "1" + strings.Repeat(" ", n-1) }
	for name, c := range map[string]struct {
		signal, data string
		category     workflow.ErrorCategory
		code         string
	}{
		"as long as one may be": {"go", long(engine.MaxValueBytes), "", ""},
		"a byte longer":         {"go", long(engine.MaxValueBytes + 1), workflow.CategoryInvalid, "invalid_signal"},
		"of another type":       {"go", `"x"`, workflow.CategoryInvalid, "invalid_signal"},
		"without data":          {"go", "", "", ""},
		"unknown":               {"stop", "1", workflow.CategoryNotFound, "signal_not_found"},
	} {
		_, _, err := b.Signal(t.Context(), admin, orchestrator.SignalRequest{Execution: x.ID, Name: c.signal, Data: json.RawMessage(c.data)})
		switch {
		case c.code != "":
			wants(t, err, c.category, c.code)
		case err != nil:
			t.Errorf("%s: %v", name, err)
		}
	}
}
