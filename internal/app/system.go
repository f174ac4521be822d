package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	apihttp "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	v1 "github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/config"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret/vault"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/telemetry"
)

// system is an opened server. Its parts are closed in reverse order.
type system struct {
	config       *config.Loaded
	log          *slog.Logger
	metrics      *telemetry.Metrics
	db           *db.DB
	store        eventstore.Store
	secrets      *vault.Store
	identity     *identity.Service
	blobs        *blob.Dir
	engine       *local.Engine
	projections  *projection.Set
	outcomes     *outcome.Store
	orchestrator *orchestrator.Service

	closers    []func() error
	stopping   atomic.Bool
	failed     chan error
	workers    sync.WaitGroup
	streams    context.Context // of all live streams; ends when the server stops
	endStreams context.CancelFunc
}

// open opens every part in order. On an error it closes what it has opened.
func open(ctx context.Context, c *config.Loaded, s *cli.State) (_ *system, err error) {
	sys := &system{config: c, failed: make(chan error, 1)}
	sys.streams, sys.endStreams = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, sys.close())
		}
	}()
	if sys.log, err = telemetry.NewLogger(s.Stderr, telemetry.LogOptions{Level: c.Log.Level, Format: c.Log.Format}); err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		sys.log.Warn(w)
	}
	if sys.metrics, err = telemetry.NewMetrics(); err != nil {
		return nil, err
	}
	sys.onClose(func() error { return sys.metrics.Close(context.Background()) })
	for _, part := range []func(context.Context, *cli.State) error{
		sys.openStore, sys.openSecrets, sys.openIdentity, sys.openEngine,
	} {
		if err := part(ctx, s); err != nil {
			return nil, err
		}
	}
	return sys, nil
}

func (sys *system) onClose(f func() error) { sys.closers = append(sys.closers, f) }

// close closes every part that was opened, last first, and waits for what is
// still running.
func (sys *system) close() error {
	var errs []error
	for i := len(sys.closers) - 1; i >= 0; i-- {
		errs = append(errs, sys.closers[i]())
	}
	sys.closers = nil
	sys.workers.Wait()
	return errors.Join(errs...)
}

// openStore opens the database, takes its ownership and opens the event store.
func (sys *system) openStore(ctx context.Context, _ *cli.State) error {
	if err := os.MkdirAll(sys.config.DataDir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w; name a folder that this user may write to", err)
	}
	var err error
	if sys.db, err = db.Open(ctx, db.Options{URL: sys.config.Database.URL}); err != nil {
		return err
	}
	sys.onClose(sys.db.Close)
	if sys.db.Dialect() == db.Postgres {
		sys.store, err = postgres.Open(ctx, sys.db, postgres.Options{Committed: sys.committed})
	} else {
		sys.store, err = sqlite.Open(ctx, sys.db, sqlite.Options{Committed: sys.committed})
	}
	if err != nil {
		return err
	}
	sys.onClose(sys.store.Close)
	if sys.blobs, err = blob.OpenDir(filepath.Join(sys.config.DataDir, "blobs"), sys.db.StoreID()); err != nil {
		return err
	}
	sys.onClose(sys.blobs.Close)
	return nil
}

func (sys *system) openSecrets(ctx context.Context, s *cli.State) (err error) {
	sys.secrets, err = vault.Open(ctx, vault.Options{
		DB: sys.db, KeyFile: filepath.Join(sys.config.DataDir, "master.key"), MasterKey: s.Getenv("PAW_MASTER_KEY"),
	})
	return err
}

// openIdentity creates the admin key on the first start. It is stored in a 0600
// file before it becomes valid, and shown once.
func (sys *system) openIdentity(ctx context.Context, s *cli.State) error {
	path := filepath.Join(sys.config.DataDir, "admin-token")
	service, first, err := identity.Open(ctx, identity.Options{
		Store:   sys.store,
		Deliver: func(_ context.Context, token string) error { return writeSecretFile(path, token+"\n") },
	})
	if err != nil {
		return err
	}
	sys.identity = service
	if first != nil {
		fmt.Fprintf(s.Stdout, "First start. This is the admin token; it is not shown again, and it is stored in %s:\n%s\n", path, first.Token)
	}
	return nil
}

// openEngine registers the kinds, and opens the engine and the orchestrator.
func (sys *system) openEngine(ctx context.Context, _ *cli.State) error {
	kinds, err := kind.NewSet(sys.airtableSync())
	if err != nil {
		return fmt.Errorf("register the kinds of workflow: %w", err)
	}
	inputs, err := payload.Open(ctx, sys.db, sys.secrets, sys.blobs)
	if err != nil {
		return err
	}
	sys.outcomes = &outcome.Store{}
	if err := sys.outcomes.Open(ctx, sys.db); err != nil {
		return err
	}
	hub := orchestrator.NewHub(orchestrator.Limits{MaxConcurrent: sys.config.Limits.MaxExecutions}, nil)
	if sys.engine, err = local.New(local.Options{
		Store: sys.store, DB: sys.db, Registry: kinds.Registry(), Observer: hub, Places: hub, Meter: engineMeter{sys.metrics}, Logger: sys.log,
		DrainTimeout: sys.config.Limits.DrainTimeout,
	}); err != nil {
		return err
	}
	if sys.projections, err = projection.Open(ctx, projection.Options{Store: sys.store, DB: sys.db, Logger: sys.log}); err != nil {
		return err
	}
	sys.orchestrator, err = orchestrator.New(ctx, orchestrator.Options{
		Store: sys.store, DB: sys.db, Engine: sys.engine, Projections: sys.projections, Kinds: kinds, Secrets: sys.secrets, Blobs: sys.blobs,
		Inputs: inputs, Outcomes: sys.outcomes, Hub: hub, Logger: sys.log,
	})
	if err != nil {
		return err
	}
	return sys.metrics.ObserveLag(sys.lag)
}

func (sys *system) airtableSync() *kind.Kind {
	c := sys.config.Airtable
	client := airtable.New(airtable.Options{
		BaseURL: c.BaseURL, RequestsPerSecond: c.RequestsPerSecond, TokenRequestsPerSecond: c.TokenRequestsPerSecond,
		Penalty: c.Penalty, RequestTimeout: c.RequestTimeout, Meter: airtableMeter{sys.metrics},
	})
	sys.onClose(func() error { client.CloseIdleConnections(); return nil })
	return airtablesync.New(airtablesync.Options{
		Airtable: client, Secrets: sys.secrets, Blobs: sys.blobs, DB: sys.db,
	})
}

// handler is the public API.
func (sys *system) handler() http.Handler {
	api := apihttp.New(apihttp.Options{Identity: sys.identity, Stopping: sys.streams, Logger: sys.log, Observe: sys.metrics.HTTPRequest})
	v1.Mount(api, v1.Services{
		Orchestrator: sys.orchestrator, Rows: outcome.NewReader(sys.outcomes, sys.orchestrator), Keys: sys.identity, Ready: sys.ready,
	})
	return api.Handler()
}

// ready returns nil if requests can be served, or the reason why they cannot.
func (sys *system) ready(context.Context) error {
	if sys.stopping.Load() {
		return errors.New("stopping")
	}
	select {
	case <-sys.engine.Ready():
	default:
		return errors.New("recovering executions")
	}
	select {
	case <-sys.orchestrator.Ready():
		return nil
	default:
		return errors.New("read models are catching up")
	}
}
