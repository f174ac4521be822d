package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var update = flag.Bool("update", false, "write the histories anew; only for a journal version that was never released")

// tour is a workflow that leaves a record of nearly every kind.
func tour(tries *int) (*engine.Registry, string) {
	reg := engine.NewRegistry()
	approve := engine.NewSignal[int](reg, "tour/approve")
	read := engine.NewStep(reg, "tour/read", engine.StepOptions[int]{ReadOnly: true}, func(_ context.Context, n int) (int, error) { return n, nil })
	write := engine.NewStep(reg, "tour/write", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if *tries++; *tries == 1 {
			return 0, failure.New(failure.Transient, "down", "the server is down")
		}
		return n, engine.Record(ctx, engine.Event{Type: "test.written", Data: n})
	})
	book := engine.NewUndoable(reg, "tour/book", engine.StepOptions[int]{}, func(_ context.Context, n int) (int, error) { return n, nil },
		func(context.Context, engine.Undo[int, int]) error { return nil })
	w := engine.NewWorkflow(reg, "tour/main", func(run engine.Run, n int) (int, error) {
		if _, err := read.Do(run, n); err != nil {
			return 0, err
		}
		if _, err := engine.Map(run, 2, []int{1, 2, 3}, func(run engine.Run, i int) (int, error) { return write.Do(run, i) }); err != nil {
			return 0, err
		}
		if _, err := approve.Wait(run, time.Minute); !errors.Is(err, engine.ErrDeadline) {
			return 0, err
		}
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.Do(run, s, n); err != nil {
				return 0, err
			}
			return 0, run.Sleep(time.Duration(run.Random().IntN(50)+50) * time.Hour)
		})
	})
	return reg, w.Name()
}

// Histories that a build has left must replay in every later one. A line is an
// event: type, data, journal.
func TestHistoriesReplay(t *testing.T) {
	if *update {
		synctest.Test(t, writeHistory)
	}
	files, err := filepath.Glob("testdata/histories/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		store := enginetest.NewMemory()
		defer store.Close()
		var events []eventstore.NewEvent
		for line := range strings.Lines(string(text)) {
			var parts [3]json.RawMessage
			var kind string
			if err := errors.Join(json.Unmarshal([]byte(line), &parts), json.Unmarshal(parts[0], &kind)); err != nil {
				t.Fatal(err)
			}
			if string(parts[2]) == "null" {
				parts[2] = nil
			}
			events = append(events, eventstore.NewEvent{Type: kind, Data: parts[1], Journal: parts[2]})
		}
		id := eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex_tour"}
		if _, err := store.Append(t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: id, Events: events}}}); err != nil {
			t.Fatal(err)
		}
		reg, _ := tour(new(int))
		if err := local.Replay(store, reg, "ws", "ex_tour"); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// writeHistory takes the tour: a retry, a pause, a deadline, a cancel, undos.
func writeHistory(t *testing.T) {
	reg, fn := tour(new(int))
	store, o := enginetest.NewMemory(), &ends{}
	t.Cleanup(func() { store.Close() })
	e := running(t, local.Options{Store: o.in(store), Registry: reg, Chance: func() float64 { return 0.5 }})
	s := engine.Start{Workspace: "ws", Execution: "ex_tour", Function: fn, Kind: "test", Definition: "wf", Version: 1, Input: json.RawMessage("7")}
	if _, err := e.Start(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Pause(t.Context(), "ws", "ex_tour", eventstore.Meta{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if _, err := e.Resume(t.Context(), "ws", "ex_tour", eventstore.Meta{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
	if _, err := e.Cancel(t.Context(), "ws", "ex_tour", eventstore.Meta{}); err != nil {
		t.Fatal(err)
	}
	if end := <-o.of("ex_tour"); end != workflow.Cancelled {
		t.Fatalf("the tour ended %s", end)
	}
	events, err := store.ReadStream(t.Context(), eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex_tour"}, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, ev := range events {
		journal := json.RawMessage(ev.Journal)
		if len(journal) == 0 {
			journal = json.RawMessage("null")
		}
		data := ev.Data
		if len(data) == 0 {
			data = json.RawMessage("null")
		}
		line, err := json.Marshal([]any{ev.Type, data, journal})
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	if err := os.WriteFile("testdata/histories/v1.jsonl", []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
