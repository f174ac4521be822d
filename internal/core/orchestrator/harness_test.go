package orchestrator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
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
	blobs   *watchedBlobs
	log     *logBuffer                        // nil: the test's own log
	noStore bool                              // keep no inputs
	noKinds bool                              // a build that knows no kind
	around  func(engine.Engine) engine.Engine // nil: the service has the engine itself

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
	blobs := &watchedBlobs{changed: make(chan struct{})}
	b := &bench{t: t, dir: dir, url: "sqlite:" + filepath.Join(dir, "store.db"), kind: newFakeKind(blobs), blobs: blobs}
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
		b.store, err = postgres.Open(ctx, b.db, postgres.Options{Clock: b.options.Clock})
	} else {
		b.store, err = sqlite.Open(ctx, b.db, sqlite.Options{Clock: b.options.Clock})
	}
	b.must(err)
	b.secrets, err = vault.Open(ctx, vault.Options{DB: b.db, KeyFile: filepath.Join(b.dir, "master.key")})
	b.must(err)
	b.blobs.Dir, err = blob.OpenDir(filepath.Join(b.dir, "blobs"), b.db.StoreID())
	b.must(err)
	kinds, err := kind.NewSet(b.kind.kind())
	b.must(err)
	if b.noKinds {
		kinds = none(b.t)
	}
	hub := orchestrator.NewHub(b.limits, b.options.Clock)
	b.engine, err = local.New(local.Options{Store: b.store, DB: b.db, Registry: kinds.Registry(), Observer: hub, Places: hub, DrainTimeout: 20 * time.Millisecond, Logger: b.logger()})
	b.must(err)
	b.projections, err = projection.Open(ctx, projection.Options{Store: b.store, DB: b.db})
	b.must(err)
	o := b.options
	o.Projections = b.projections
	o.Store, o.DB, o.Engine, o.Hub, o.Secrets, o.Blobs = b.store, b.db, b.engine, hub, b.secrets, b.blobs
	if b.around != nil {
		o.Engine = b.around(b.engine)
	}
	o.Kinds = kinds
	if !b.noStore {
		o.Inputs, err = payload.Open(ctx, b.db, b.secrets, b.blobs)
		b.must(err)
	}
	o.Logger = b.logger()
	b.Service, err = orchestrator.New(ctx, o)
	b.must(err)
}

func (b *bench) logger() *slog.Logger {
	if b.log != nil {
		return slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
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
	b.must(b.blobs.Close())
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
	return b.executeAs(orchestrator.ExecuteRequest{Workflow: id, Input: json.RawMessage(input)})
}

func (b *bench) executeAs(r orchestrator.ExecuteRequest) workflow.Execution {
	b.t.Helper()
	started, err := b.Execute(b.t.Context(), admin, r)
	b.must(err)
	return started.Execution
}

// update gives a workflow a new version.
func (b *bench) update(id workflow.ID, config string) {
	b.t.Helper()
	_, err := b.Update(b.t.Context(), admin, id, orchestrator.UpdateRequest{Name: "updated", Config: json.RawMessage(config)})
	b.must(err)
}

// shown reads an execution.
func (b *bench) shown(id workflow.ExecutionID) workflow.Execution {
	b.t.Helper()
	x, err := b.Execution(b.t.Context(), admin, id)
	b.must(err)
	return x
}

// events returns the data of an execution's events of a type.
func (b *bench) events(id workflow.ExecutionID, kind string) []string {
	b.t.Helper()
	page, err := b.Events(b.t.Context(), admin, query.EventsRequest{Execution: id, Limit: 1000})
	b.must(err)
	var out []string
	for _, e := range page.Items {
		if e.Type == kind {
			out = append(out, string(e.Data))
		}
	}
	return out
}

// ends waits for the end of an execution and fails unless it ends like this.
func (b *bench) ends(id workflow.ExecutionID, as workflow.ExecutionState) workflow.Execution {
	b.t.Helper()
	x := b.end(id)
	if x.State != as {
		b.t.Fatalf("%s ended as %s (%+v), want %s", id, x.State, x.Error, as)
	}
	return x
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
	w, err := b.Watch(b.t.Context(), admin, query.WatchRequest{Execution: id})
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

// archive archives a workflow once its executions are known to have ended.
func (b *bench) archive(id workflow.ID) {
	b.t.Helper()
	for orchestrator.Places(b.Service, admin.Workspace, id) > 0 && b.t.Context().Err() == nil {
		runtime.Gosched()
	}
	b.must(b.Archive(b.t.Context(), admin, id))
}

// untilUsage returns when so many are at work, want to go on, and are pending.
func (b *bench) untilUsage(atWork, waking, pending int) {
	b.t.Helper()
	for b.t.Context().Err() == nil {
		if a, w, p := orchestrator.Usage(b.Service); a == atWork && w == waking && p == pending {
			return
		}
		runtime.Gosched()
	}
	a, w, p := orchestrator.Usage(b.Service)
	b.t.Fatalf("%d at work, %d waking, %d pending; want %d, %d, %d", a, w, p, atWork, waking, pending)
}

// wants fails the test unless err is of the kind and has the code.
func wants(t testing.TB, err error, category workflow.ErrorCategory, code string) *workflow.Error {
	t.Helper()
	var e *workflow.Error
	if !errors.As(err, &e) || e.Category != category || e.Code != code {
		t.Fatalf("got %v, want an error of kind %s with code %s", err, category, code)
	}
	return e
}

// watchedBlobs is a directory that tells whose blobs are deleted.
type watchedBlobs struct {
	*blob.Dir

	mu      sync.Mutex
	gone    []string      // executions
	changed chan struct{} // closed and replaced when gone grows
}

// add keeps something for an execution.
func (w *watchedBlobs) add(t testing.TB, execution string) {
	t.Helper()
	if _, err := w.Put(t.Context(), blob.Owner{Kind: blob.Execution, ID: execution}, strings.NewReader("something")); err != nil {
		t.Fatal(err)
	}
}

func (w *watchedBlobs) has(t testing.TB, execution string) bool {
	t.Helper()
	executions, err := w.Owners(t.Context(), blob.Execution)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(executions, execution)
}

// DeleteOwner deletes blobs and tells who waits for that.
func (w *watchedBlobs) DeleteOwner(ctx context.Context, owner blob.Owner) error {
	if owner.Kind != blob.Execution {
		return fmt.Errorf("%s is no business of an orchestrator", owner)
	}
	err := w.Dir.DeleteOwner(ctx, owner)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = append(w.gone, owner.ID)
	close(w.changed)
	w.changed = make(chan struct{})
	return err
}

// waitGone returns once the blobs of an execution were deleted.
func (w *watchedBlobs) waitGone(t testing.TB, execution string) {
	t.Helper()
	for {
		w.mu.Lock()
		gone := slices.Contains(w.gone, execution)
		changed := w.changed
		w.mu.Unlock()
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

// logBuffer is written by a process and read by its test.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
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
