package local_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// heap returns the bytes that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// sink is a store that keeps nothing.
type sink struct {
	eventstore.Store
	mu       sync.Mutex
	position int64
}

func (s *sink) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position += int64(len(b.Streams[0].Events))
	position := s.position
	go done(eventstore.Appended{Position: position}, nil)
}

func (s *sink) Head(context.Context) (int64, error) { return 0, nil }

func (s *sink) ReadAll(context.Context, int64, int, eventstore.Filter) ([]eventstore.Event, error) {
	return nil, nil
}

// Executions that wait are rows of a table: they cost no memory and no goroutine.
func TestWaitingCostsARow(t *testing.T) {
	const many = 20_000
	reg := engine.NewRegistry()
	fn := engine.NewWorkflow(reg, "test/sleep", func(run engine.Run, n int) (int, error) { return n, run.Sleep(time.Hour) }).Name()
	e := running(t, local.Options{Store: &sink{}, DB: dbtest.Open(t, dbtest.SQLite(t)), Registry: reg})
	<-e.Ready()
	goroutines, before := runtime.NumGoroutine(), heap()
	var starters sync.WaitGroup
	for w := range 8 {
		starters.Go(func() {
			for i := w; i < many; i += 8 {
				s := engine.Start{Workspace: "ws", Execution: fmt.Sprintf("ex_%d", i), Function: fn, Kind: "test", Definition: "wf", Version: 1, Hold: i%2 == 0}
				if _, err := e.Start(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	starters.Wait()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if n, _ := e.InMemory(); n == 0 {
			break
		}
		if time.Now().After(deadline) {
			n, _ := e.InMemory()
			t.Fatalf("%d executions stay in memory", n)
		}
	}
	if pending, err := e.Pending(t.Context(), "ws", "wf", many); err != nil || len(pending) != many/2 { // this saves the rows
		t.Fatalf("%d are pending (%v)", len(pending), err)
	}
	if after := runtime.NumGoroutine(); after > goroutines+4 {
		t.Errorf("%d goroutines for %d waiting executions", after-goroutines, many)
	}
	if used := heap() - before; used > many*250 {
		t.Errorf("%d bytes for each of %d waiting executions", used/many, many)
	}
}
