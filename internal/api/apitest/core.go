package apitest

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	v1 "github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
)

// Core is everything below the faces, opened for one test.
type Core struct {
	Orchestrator *orchestrator.Service
	Identity     Identity
	Store        *sqlite.Store
	Admin        string // token of the first workspace's admin
	Foreign      string // token of the admin of another workspace
	Caller       workflow.Caller

	outcomes *outcome.Store

	t     testing.TB
	mu    sync.Mutex
	gates map[string]chan struct{}
}

// Identity finds a token in either of two installations, as an installation
// with two workspaces would. It creates keys in the first.
type Identity struct {
	*identity.Service
	other *identity.Service
}

// Authenticate asks both.
func (i Identity) Authenticate(ctx context.Context, token string) (workflow.Caller, error) {
	c, err := i.Service.Authenticate(ctx, token)
	if err != nil {
		return i.other.Authenticate(ctx, token)
	}
	return c, nil
}

// API returns a handler of the whole API on the core. The identity is set.
func (c *Core) API(o kit.Options) http.Handler {
	o.Identity = c.Identity
	api := kit.New(o)
	v1.Mount(api, v1.Services{Orchestrator: c.Orchestrator, Rows: outcome.NewReader(c.outcomes, c.Orchestrator), Keys: c.Identity})
	return api.Handler()
}

// Open opens a core that is closed when the test ends.
func Open(t testing.TB) *Core {
	t.Helper()
	c := &Core{t: t, gates: map[string]chan struct{}{}}
	d := openDB(t)
	c.Store = openStore(t, d)
	home, admin := openIdentity(t, c.Store)
	away, foreign := openIdentity(t, openStore(t, openDB(t)))
	c.Identity, c.Admin, c.Foreign = Identity{home, away}, admin, foreign
	caller, err := home.Authenticate(t.Context(), admin)
	must(t, err)
	c.Caller = caller
	c.openOrchestrator(d)
	return c
}

func (c *Core) openOrchestrator(d *db.DB) {
	t := c.t
	t.Helper()
	folder := t.TempDir()
	secrets, err := vault.Open(t.Context(), vault.Options{DB: d, KeyFile: filepath.Join(folder, "master.key")})
	must(t, err)
	blobs, err := blob.OpenDir(filepath.Join(folder, "blobs"), d.StoreID())
	must(t, err)
	t.Cleanup(func() { _ = blobs.Close() })
	inputs, err := payload.Open(t.Context(), d, secrets, blobs)
	must(t, err)
	kinds, err := kind.NewSet(newKind(c))
	must(t, err)
	c.outcomes = &outcome.Store{}
	must(t, c.outcomes.Open(t.Context(), d))
	hub := orchestrator.NewHub(orchestrator.Limits{MaxConcurrent: 50}, nil)
	e, err := local.New(local.Options{Store: c.Store, DB: d, Registry: kinds.Registry(), Observer: hub, Places: hub, DrainTimeout: 100 * time.Millisecond})
	must(t, err)
	projections, err := projection.Open(t.Context(), projection.Options{Store: c.Store, DB: d})
	must(t, err)
	c.Orchestrator, err = orchestrator.New(t.Context(), orchestrator.Options{
		Store: c.Store, DB: d, Engine: e, Projections: projections, Kinds: kinds, Secrets: secrets, Blobs: blobs, Inputs: inputs, Outcomes: c.outcomes, Hub: hub,
	})
	must(t, err)
	c.start(e.Run, e.Ready())
	c.start(projections.Run, e.Ready())
	c.start(c.Orchestrator.Run, c.Orchestrator.Ready())
}

// start runs one part until the test ends and waits until it is ready.
func (c *Core) start(run func(context.Context) error, ready <-chan struct{}) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	c.t.Cleanup(func() {
		cancel()
		<-done
	})
	select {
	case <-ready:
	case err := <-done:
		done <- err
		c.t.Fatalf("a part of the core ended before it was ready: %v", err)
	}
}

// Key creates a key of the first workspace with exactly these scopes and returns
// its token.
func (c *Core) Key(scopes ...workflow.Permission) string {
	c.t.Helper()
	_, token, err := c.Identity.CreateKey(c.t.Context(), c.Caller, identity.CreateKeyRequest{Name: "test", Scopes: scopes})
	must(c.t, err)
	return token
}

// Release lets an execution continue that waits because its input says hold.
func (c *Core) Release(id workflow.ExecutionID) { close(c.gate(string(id))) }

func (c *Core) gate(execution string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gates[execution] == nil {
		c.gates[execution] = make(chan struct{})
	}
	return c.gates[execution]
}

// hold is the step that waits for Release.
func (c *Core) hold(ctx context.Context, in workIn) (engine.None, error) {
	select {
	case <-c.gate(in.Execution):
	case <-ctx.Done():
		return engine.None{}, ctx.Err()
	}
	return engine.None{}, nil
}

func openDB(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "test.db")})
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	return d
}

func openStore(t testing.TB, d *db.DB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), d, sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func openIdentity(t testing.TB, s *sqlite.Store) (*identity.Service, string) {
	t.Helper()
	service, first, err := identity.Open(t.Context(), identity.Options{Store: s, Deliver: func(context.Context, string) error { return nil }})
	must(t, err)
	return service, first.Token
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
