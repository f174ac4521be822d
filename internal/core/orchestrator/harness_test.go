package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
)

// admin and stranger are callers of two workspaces.
var (
	admin    = workflow.Caller{Workspace: "ws_a", Principal: "pr_a", Scopes: []workflow.Permission{workflow.Admin}}
	stranger = workflow.Caller{Workspace: "ws_b", Principal: "pr_b", Scopes: []workflow.Permission{workflow.Admin}}
)

// bench is one process: a database, an engine and a service.
type bench struct {
	t       testing.TB
	url     string
	dir     string
	options orchestrator.Options
	limits  orchestrator.Limits
	kind    *fakeKind
	blobs   *fakeBlobs

	db      *db.DB
	store   eventstore.Store
	engine  *local.Engine
	secrets *vault.Store
	*orchestrator.Service
	projections *projection.Set

	cancel  context.CancelFunc
	running sync.WaitGroup
	helpers sync.WaitGroup // end with the test's context
}

// open starts a process on a fresh SQLite file.
func open(t testing.TB, change ...func(*bench)) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{t: t, dir: dir, url: "sqlite:" + filepath.Join(dir, "store.db"), kind: newFakeKind(), blobs: &fakeBlobs{executions: map[string]bool{}, changed: make(chan struct{})}}
	for _, f := range change {
		f(b)
	}
	b.start()
	t.Cleanup(b.helpers.Wait)
	t.Cleanup(b.stop)
	return b
}

func (b *bench) start() {
	b.t.Helper()
	b.prepare()
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	b.running.Go(func() { b.check(b.engine.Run(ctx)) })
	b.running.Go(func() { b.check(b.projections.Run(ctx)) })
	b.running.Go(func() { b.check(b.Service.Run(ctx)) })
	<-b.Ready()
}

// prepare builds everything and runs nothing.
func (b *bench) prepare() {
	b.t.Helper()
	ctx := context.Background()
	var err error
	if b.db, err = db.Open(ctx, db.Options{URL: b.url}); err != nil {
		b.t.Fatal(err)
	}
	if b.db.Dialect() == db.Postgres {
		b.store, err = postgres.Open(ctx, b.db, postgres.Options{})
	} else {
		b.store, err = sqlite.Open(ctx, b.db, sqlite.Options{})
	}
	b.must(err)
	b.secrets, err = vault.Open(ctx, vault.Options{DB: b.db, KeyFile: filepath.Join(b.dir, "master.key")})
	b.must(err)
	kinds, err := kind.NewSet(b.kind.kind())
	b.must(err)
	hub := orchestrator.NewHub(b.limits)
	b.engine, err = local.New(local.Options{Store: b.store, DB: b.db, Registry: kinds.Registry(), Observer: hub, Places: hub, DrainTimeout: 20 * time.Millisecond})
	b.must(err)
	b.projections, err = projection.Open(ctx, projection.Options{Store: b.store, DB: b.db})
	b.must(err)
	o := b.options
	o.Projections = b.projections
	o.Store, o.DB, o.Engine, o.Hub, o.Secrets, o.Blobs = b.store, b.db, b.engine, hub, b.secrets, b.blobs
	o.Kinds = kinds
	if b.kind.private {
		blobs, err := blob.OpenDir(filepath.Join(b.dir, "blobs"), b.db.StoreID())
		b.must(err)
		b.t.Cleanup(func() { b.check(blobs.Close()) })
		o.Inputs, err = payload.Open(ctx, b.db, b.secrets, blobs)
		b.must(err)
	}
	o.Logger = slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	b.Service, err = orchestrator.New(ctx, o)
	b.must(err)
}

// stop ends the process in good order. It may be called twice.
func (b *bench) stop() {
	if b.db == nil {
		return
	}
	if b.cancel != nil {
		b.cancel()
		b.running.Wait()
	}
	b.must(b.store.Close())
	b.must(b.db.Close())
	b.db, b.cancel = nil, nil
}

// restart ends the process and starts the next one on the same store.
func (b *bench) restart() {
	b.t.Helper()
	b.stop()
	b.start()
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) check(err error) {
	if err != nil {
		b.t.Errorf("run: %v", err)
	}
}

// create makes a workflow of the fake kind.
func (b *bench) create(config string) workflow.Definition {
	b.t.Helper()
	made, err := b.Create(b.t.Context(), admin, orchestrator.CreateRequest{Name: "a workflow", Type: "fake", Config: json.RawMessage(config)})
	b.must(err)
	return made.Definition
}

// execute starts an execution with an input for the fake function.
func (b *bench) execute(id workflow.ID, input string) workflow.Execution {
	b.t.Helper()
	started, err := b.Execute(b.t.Context(), admin, orchestrator.ExecuteRequest{Workflow: id, Input: json.RawMessage(input)})
	b.must(err)
	return started.Execution
}

func (b *bench) end(id workflow.ExecutionID) workflow.Execution {
	b.t.Helper()
	x, err := b.WaitEnd(b.t.Context(), admin, id)
	b.must(err)
	return x
}

// until follows an execution until an event of the type comes.
func (b *bench) until(id workflow.ExecutionID, kind string) {
	b.t.Helper()
	w, err := b.Watch(b.t.Context(), admin, orchestrator.WatchRequest{Execution: id})
	b.must(err)
	defer w.Close()
	for {
		f, err := w.Next(b.t.Context())
		if err != nil {
			b.t.Fatalf("waiting for %s of %s: %v", kind, id, err)
		}
		if f.Event != nil && f.Event.Type == kind {
			return
		}
	}
}

// wants fails the test unless err is of the kind and has the code.
func wants(t testing.TB, err error, kind workflow.ErrorKind, code string) *workflow.Error {
	t.Helper()
	var e *workflow.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code {
		t.Fatalf("got %v, want an error of kind %s with code %s", err, kind, code)
	}
	return e
}

// fakeBlobs remembers which executions have blobs.
type fakeBlobs struct {
	mu         sync.Mutex
	executions map[string]bool
	gone       []string
	changed    chan struct{} // closed and replaced when gone grows
}

func (f *fakeBlobs) add(execution string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.executions[execution] = true
}

func (f *fakeBlobs) has(execution string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.executions[execution]
}

func (f *fakeBlobs) DeleteOwner(_ context.Context, owner blob.Owner) error {
	if owner.Kind != blob.Execution {
		return fmt.Errorf("%s is no business of an orchestrator", owner)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.executions, owner.ID)
	f.gone = append(f.gone, owner.ID)
	close(f.changed)
	f.changed = make(chan struct{})
	return nil
}

func (f *fakeBlobs) Owners(_ context.Context, kind blob.OwnerKind) ([]string, error) {
	if kind != blob.Execution {
		return nil, fmt.Errorf("owners of the kind %s are no business of an orchestrator", kind)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for id := range f.executions {
		out = append(out, id)
	}
	return out, nil
}

// waitGone returns once the blobs of an execution were deleted.
func (f *fakeBlobs) waitGone(t testing.TB, execution string) {
	t.Helper()
	for {
		f.mu.Lock()
		gone := slices.Contains(f.gone, execution)
		changed := f.changed
		f.mu.Unlock()
		if gone {
			return
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("the blobs of %s were not deleted", execution)
		}
	}
}

// none is a set without kinds.
func none(t testing.TB) *kind.Set {
	t.Helper()
	set, err := kind.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	return set
}
