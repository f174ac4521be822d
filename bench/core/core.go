// Package core opens the product's core on a scratch store, for programs that
// measure it: database, event store, engine and orchestrator, wired as the server
// wires them, without the API. No other package in bench knows how that is done.
package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
)

// Who runs everything, and where.
const (
	workspace workflow.WorkspaceID = "ws_bench"
	principal workflow.PrincipalID = "pr_bench"
)

// maxConcurrent is how many executions may run at a time, which is more than there
// are callers.
const maxConcurrent = 1000

// Core is an open core. Its caller may do everything.
type Core struct {
	DB      *db.DB
	Store   eventstore.Store
	Service *orchestrator.Service
	Caller  workflow.Caller
	Secrets *vault.Store
	Blobs   *blob.Dir

	stop    context.CancelFunc
	running sync.WaitGroup
	ended   chan error
}

// Kinds returns the kinds of a core whose tables exist but which does not run yet.
type Kinds func(ctx context.Context, c *Core) ([]*kind.Kind, error)

// Open opens a core on the database at url and waits until it accepts commands.
// The master key and the blobs are kept in dir. The caller closes it.
func Open(ctx context.Context, url, dir string, kinds Kinds) (_ *Core, err error) {
	c := &Core{ended: make(chan error, 3), stop: func() {}, Caller: workflow.Caller{
		Workspace: workspace, Principal: principal, Scopes: []workflow.Permission{workflow.Admin}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := c.openStore(ctx, url, dir); err != nil {
		return nil, err
	}
	made, err := kinds(ctx, c)
	if err != nil {
		return nil, err
	}
	set, err := kind.NewSet(made...)
	if err != nil {
		return nil, err
	}
	hub := orchestrator.NewHub(orchestrator.Limits{MaxConcurrent: maxConcurrent}, nil)
	e, err := local.New(local.Options{Store: c.Store, DB: c.DB, Registry: set.Registry(), Observer: hub, Places: hub})
	if err != nil {
		return nil, err
	}
	projections, err := projection.Open(ctx, projection.Options{Store: c.Store, DB: c.DB})
	if err != nil {
		return nil, err
	}
	if c.Service, err = orchestrator.New(ctx, orchestrator.Options{
		Store: c.Store, DB: c.DB, Engine: e, Projections: projections, Kinds: set, Secrets: c.Secrets, Blobs: c.Blobs, Hub: hub,
	}); err != nil {
		return nil, err
	}
	return c, c.start(ctx, e, projections)
}

func (c *Core) openStore(ctx context.Context, url, dir string) (err error) {
	if c.DB, err = db.Open(ctx, db.Options{URL: url}); err != nil {
		return err
	}
	if c.DB.Dialect() == db.Postgres {
		c.Store, err = postgres.Open(ctx, c.DB, postgres.Options{})
	} else {
		c.Store, err = sqlite.Open(ctx, c.DB, sqlite.Options{})
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if c.Blobs, err = blob.OpenDir(filepath.Join(dir, "blobs"), c.DB.StoreID()); err != nil {
		return err
	}
	c.Secrets, err = vault.Open(ctx, vault.Options{DB: c.DB, KeyFile: filepath.Join(dir, "master.key")})
	return err
}

// start runs engine, projections and orchestrator until Close.
func (c *Core) start(ctx context.Context, e *local.Engine, projections *projection.Set) error {
	running, stop := context.WithCancel(ctx)
	c.stop = stop
	c.running.Go(func() { c.ended <- e.Run(running) })
	c.running.Go(func() { c.ended <- projections.Run(running) })
	c.running.Go(func() { c.ended <- c.Service.Run(running) })
	for _, ready := range []<-chan struct{}{e.Ready(), c.Service.Ready()} {
		select {
		case <-ready:
		case err := <-c.ended:
			return fmt.Errorf("the core ended before it was ready: %w", err)
		}
	}
	return nil
}

// Close stops what is running and closes the store. It may be called on a core
// that was only opened in part.
func (c *Core) Close() error {
	c.stop()
	c.running.Wait()
	var errs []error
	if c.Blobs != nil {
		errs = append(errs, c.Blobs.Close())
	}
	if c.Store != nil {
		errs = append(errs, c.Store.Close())
	}
	if c.DB != nil {
		errs = append(errs, c.DB.Close())
	}
	return errors.Join(errs...)
}

// Define creates a workflow of a kind.
func (c *Core) Define(ctx context.Context, kind string, config json.RawMessage) (workflow.ID, error) {
	made, err := c.Service.Create(ctx, c.Caller, orchestrator.CreateRequest{Name: kind, Type: kind, Config: config})
	return made.Definition.ID, err
}

// Run starts an execution and waits for its end; an end other than completed
// is an error.
func (c *Core) Run(ctx context.Context, id workflow.ID, input json.RawMessage) error {
	started, err := c.Service.Execute(ctx, c.Caller, orchestrator.ExecuteRequest{Workflow: id, Input: input})
	if err != nil {
		return err
	}
	state, err := c.Service.AwaitEnd(ctx, c.Caller, started.Execution.ID)
	if err != nil || state == workflow.Completed {
		return err
	}
	x, err := c.Service.Execution(ctx, c.Caller, started.Execution.ID)
	return errors.Join(fmt.Errorf("%s ended as %s: %+v", x.ID, state, x.Error), err)
}

// Durability names the setting that decides whether a commit survives a power
// cut, as this core's connections have it.
func (c *Core) Durability(ctx context.Context) (setting string, err error) {
	if c.DB.Dialect() == db.Postgres {
		err = c.DB.Read().QueryRow(ctx, "SHOW synchronous_commit").Scan(&setting)
		return "synchronous_commit=" + setting, err
	}
	var level int
	err = c.DB.Read().QueryRow(ctx, "PRAGMA synchronous").Scan(&level)
	return "synchronous=" + [...]string{"OFF", "NORMAL", "FULL", "EXTRA"}[level&3], err
}
