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

// tour is a workflow that leaves a record of nearly every type. off makes its
// child fail.
func tour(tries *int, off bool) (*engine.Registry, string) {
	reg := engine.NewRegistry()
	approve, hurry := engine.NewSignal[int](reg, "tour/approve"), engine.NewSignal[int](reg, "tour/hurry")
	read := engine.NewStep(reg, "tour/read", engine.StepOptions[int]{ReadOnly: true}, func(_ context.Context, n int) (int, error) { return n, nil })
	write := engine.NewStep(reg, "tour/write", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if *tries++; *tries == 1 {
			return 0, errors.Join(engine.SaveCheckpoint(ctx, n), failure.New(failure.Transient, "down", "the server is down"))
		}
		return n, engine.Record(ctx, engine.Event{Type: "test.written", Data: n})
	})
	book := engine.NewUndoable(reg, "tour/book", engine.StepOptions[int]{}, func(_ context.Context, n int) (int, error) { return n, nil },
		func(context.Context, engine.Undo[int, int]) error { return nil })
	child := engine.NewWorkflow(reg, "tour/child", func(run engine.Run, n int) (int, error) {
		if off {
			return 0, failure.New(failure.Validation, "off", "the child is off")
		}
		return n, nil
	})
	w := engine.NewWorkflow(reg, "tour/main", func(run engine.Run, n int) (int, error) {
		if run.Info().Generation == 1 && run.Info().Root.Execution == run.Info().Execution {
			return 0, engine.ContinueAsNew(n)
		}
		if run.Version("tour", 1) != 1 {
			return 0, errors.New("the mark is lost")
		}
		if _, err := read.Do(run, n); err != nil {
			return 0, err
		}
		written := 0
		err := engine.All(run, func(run engine.Run) error {
			_, err := engine.Map(run, 2, []int{1, 2, 3}, func(run engine.Run, i int) (int, error) {
				got, err := write.With(engine.CallOptions{Label: "part"}).Do(run, i)
				written += got
				return got, err
			})
			return err
		}, func(run engine.Run) error { return engine.Await(run, func() bool { return written == 6 }) })
		if err != nil {
			return 0, err
		}
		if err := engine.Select(run, engine.Forever, approve.Then(func(int) error { return nil }), hurry.Then(func(int) error { return nil })); err != nil {
			return 0, err
		}
		if _, err := approve.Wait(run, time.Minute); !errors.Is(err, engine.ErrDeadline) {
			return 0, err
		}
		if _, err := child.Do(run, "", n); err != nil {
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
		synctest.Test(t, writeHistories)
	}
	files, err := filepath.Glob("testdata/histories/*.jsonl")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d histories: %v", len(files), err)
	}
	for _, file := range files {
		store := enginetest.NewMemory()
		defer store.Close()
		id := eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex_tour"}
		if strings.Contains(file, "redrive") {
			id.ID = "ex_again"
		}
		events := readHistory(t, file)
		if _, err := store.Append(t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: id, Events: events}}}); err != nil {
			t.Fatal(err)
		}
		reg, _ := tour(new(int), false)
		if err := local.Replay(store, reg, "ws", id.ID); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func readHistory(t *testing.T, file string) (events []eventstore.NewEvent) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var parts [3]json.RawMessage
		var typ string
		if err := errors.Join(json.Unmarshal([]byte(line), &parts), json.Unmarshal(parts[0], &typ)); err != nil {
			t.Fatal(err)
		}
		if string(parts[2]) == "null" {
			parts[2] = nil
		}
		events = append(events, eventstore.NewEvent{Type: typ, Data: parts[1], Journal: parts[2]})
	}
	return events
}

// traveller takes the tour.
type traveller struct {
	*testing.T
	store  *enginetest.Memory
	ends   *ends
	engine *local.Engine
}

func (v *traveller) begin(off bool) (fn string, stop func()) {
	reg, fn := tour(new(int), off)
	v.engine, stop = life(v.T, local.Options{Store: v.ends.in(v.store), Registry: reg, Chance: func() float64 { return 0.5 }})
	return fn, stop
}

func (v *traveller) start(s engine.Start) {
	s.Workspace, s.Kind, s.Definition, s.Version = "ws", "test", "wf", 1
	v.ok(v.engine.Start(v.Context(), s))
	v.ok(v.engine.Pause(v.Context(), "ws", s.Execution, eventstore.Meta{}))
	v.ok(v.engine.Signal(v.Context(), "ws", s.Execution, "tour/hurry", "s1", []byte("1"), eventstore.Meta{}))
	time.Sleep(time.Second)
	v.ok(v.engine.Resume(v.Context(), "ws", s.Execution, eventstore.Meta{}))
}

func (v *traveller) ok(_ int64, err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

func (v *traveller) ended(execution string, want workflow.ExecutionState) {
	v.Helper()
	if end := <-v.ends.of(execution); end != want {
		v.Fatalf("%s ended %s", execution, end)
	}
}

// writeHistories takes the tour: a generation, a retry, a pause, signals, a
// deadline, a child, a cancel, undos. Then one whose child fails, and its redrive.
func writeHistories(t *testing.T) {
	v := &traveller{T: t, store: enginetest.NewMemory(), ends: &ends{}}
	t.Cleanup(func() { v.store.Close() })
	fn, stop := v.begin(false)
	v.start(engine.Start{Execution: "ex_tour", Function: fn, Input: json.RawMessage("7")})
	time.Sleep(time.Hour)
	v.ok(v.engine.Cancel(t.Context(), "ws", "ex_tour", eventstore.Meta{}))
	v.ended("ex_tour", workflow.Cancelled)
	stop()
	_, stop = v.begin(true)
	v.start(engine.Start{Execution: "ex_off", Function: fn, Input: json.RawMessage("7")})
	v.ended("ex_off", workflow.Failed)
	stop()
	_, stop = v.begin(false)
	v.start(engine.Start{Execution: "ex_again", Function: fn, Origin: &engine.Origin{Execution: "ex_off"}})
	v.ended("ex_again", workflow.Completed)
	stop()
	v.write("ex_tour", "v1.jsonl")
	v.write("ex_again", "v1_redrive.jsonl")
}

func (v *traveller) write(execution, file string) {
	events, err := v.store.ReadStream(v.Context(), eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: execution}, 0, 1000)
	if err != nil {
		v.Fatal(err)
	}
	orNull := func(raw []byte) json.RawMessage {
		if len(raw) == 0 {
			return json.RawMessage("null")
		}
		return raw
	}
	var text strings.Builder
	for _, ev := range events {
		line, err := json.Marshal([]any{ev.Type, orNull(ev.Data), orNull(ev.Journal)})
		if err != nil {
			v.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	if err := os.WriteFile(filepath.Join("testdata/histories", file), []byte(text.String()), 0o600); err != nil {
		v.Fatal(err)
	}
}
