package local_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// mortal is a store whose process can die: afterwards nothing is written, and
// whoever still lives hears of failures only.
type mortal struct {
	eventstore.Store
	dead atomic.Bool

	mu     sync.Mutex
	at     string // the type of the event that it dies at; empty: none
	before bool
	died   chan struct{}
}

func (m *mortal) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	fatal := m.isFatal(b)
	if m.dead.Load() || fatal && m.die(true) {
		done(eventstore.Appended{}, eventstore.ErrClosed)
		return
	}
	m.Store.Submit(b, func(a eventstore.Appended, err error) {
		if m.dead.Load() || fatal && m.die(false) { // durable, but nobody learned of it
			a, err = eventstore.Appended{}, eventstore.ErrClosed
		}
		done(a, err)
	})
}

// dieAt is enginetest.Process.Die.
func (m *mortal) dieAt(before bool, eventType string) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at, m.before, m.died = eventType, before, make(chan struct{})
	return m.died
}

func (m *mortal) isFatal(b eventstore.Batch) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at != "" && slices.ContainsFunc(b.Streams, func(s eventstore.StreamAppend) bool {
		return slices.ContainsFunc(s.Events, func(e eventstore.NewEvent) bool { return e.Type == m.at })
	})
}

func (m *mortal) die(before bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before != before || m.at == "" {
		return false
	}
	m.at = ""
	m.dead.Store(true)
	close(m.died)
	return true
}

// backend runs local engines on one store.
func backend(store eventstore.Store, d *db.DB, keepHot time.Duration) enginetest.Backend {
	return enginetest.Backend{
		Boot: func(t *testing.T, reg *engine.Registry, o engine.Observer, patience time.Duration) *enginetest.Process {
			m := &mortal{Store: store}
			e, err := local.New(local.Options{Store: m, DB: d, Registry: reg, Observer: o, KeepHot: keepHot, DrainTimeout: patience, Logger: logger(t)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() {
				defer close(done)
				if err := e.Run(ctx); err != nil && !m.dead.Load() {
					t.Errorf("Run: %v", err)
				}
			}()
			stop := func() { cancel(); <-done }
			return &enginetest.Process{Engine: e, Stop: stop, Kill: func() { m.dead.Store(true); stop() }, Die: m.dieAt}
		},
		Events: func(t *testing.T, workspace, execution string) []eventstore.Event {
			all, err := store.ReadStream(t.Context(), eventstore.StreamID{Workspace: workspace, Type: engine.StreamType, ID: execution}, 0, 100_000)
			if err != nil && t.Context().Err() == nil {
				t.Fatal(err)
			}
			var public []eventstore.Event
			for i, e := range all {
				if e.Version != int64(i)+1 {
					t.Errorf("%s has version %d at place %d", execution, e.Version, i+1) // I10
				}
				if !strings.HasPrefix(e.Type, eventstore.PrivatePrefix) {
					public = append(public, e)
				}
			}
			return public
		},
		Replay: func(t *testing.T, reg *engine.Registry, workspace, execution string) error {
			return local.Replay(store, reg, workspace, execution)
		},
		Foreign: func(t *testing.T, workspace, execution string) {
			created := engine.Created{Function: "test/main", Engine: "another", Version: 1}
			_, err := store.Append(t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{{
				Stream: eventstore.StreamID{Workspace: workspace, Type: engine.StreamType, ID: execution},
				Labels: engine.Labels{Kind: "test", Definition: "wf_test"}.Encode(),
				Events: []eventstore.NewEvent{{Type: engine.EventCreated, Data: created.Encode()}}}}})
			if err != nil {
				t.Fatal(err)
			}
		},
	}
}

func logger(t *testing.T) *slog.Logger {
	if os.Getenv("ENGINE_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func memory(keepHot time.Duration) func(t *testing.T) enginetest.Backend {
	return func(t *testing.T) enginetest.Backend {
		store := enginetest.NewMemory()
		t.Cleanup(func() { store.Close() })
		return backend(store, nil, keepHot)
	}
}

var can = enginetest.Can{VirtualTime: true, SecondProcess: true, AtomicActivation: true}

// Executions are evicted as soon as they wait: every wake is a replay.
func TestConformanceParkingAtOnce(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, can, memory(-1))
}

// Executions stay in memory while they wait.
func TestConformanceNeverParking(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, can, memory(100_000*time.Hour))
}
