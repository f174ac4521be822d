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
	y := &system{config: c, failed: make(chan error, 1)}
	y.streams, y.endStreams = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, y.close())
		}
	}()
	if y.log, err = telemetry.NewLogger(s.Stderr, telemetry.LogOptions{Level: c.Log.Level, Format: c.Log.Format}); err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		y.log.Warn(w)
	}
	if y.metrics, err = telemetry.NewMetrics(); err != nil {
		return nil, err
	}
	y.onClose(func() error { return y.metrics.Close(context.Background()) })
	for _, part := range []func(context.Context, *cli.State) error{
		y.openStore, y.openSecrets, y.openIdentity, y.openEngine,
	} {
		if err := part(ctx, s); err != nil {
			return nil, err
		}
	}
	return y, nil
}

func (y *system) onClose(f func() error) { y.closers = append(y.closers, f) }

// close closes every part that was opened, last first, and waits for what is
// still running.
func (y *system) close() error {
	var errs []error
	for i := len(y.closers) - 1; i >= 0; i-- {
		errs = append(errs, y.closers[i]())
	}
	y.closers = nil
	y.workers.Wait()
	return errors.Join(errs...)
}

// openStore opens the database, takes its ownership and opens the event store.
func (y *system) openStore(ctx context.Context, _ *cli.State) error {
	if err := os.MkdirAll(y.config.DataDir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w; name a folder that this user may write to", err)
	}
	var err error
	if y.db, err = db.Open(ctx, db.Options{URL: y.config.Database.URL}); err != nil {
		return err
	}
	y.onClose(y.db.Close)
	if y.db.Dialect() == db.Postgres {
		y.store, err = postgres.Open(ctx, y.db, postgres.Options{Committed: y.committed})
	} else {
		y.store, err = sqlite.Open(ctx, y.db, sqlite.Options{Committed: y.committed})
	}
	if err != nil {
		return err
	}
	y.onClose(y.store.Close)
	if y.blobs, err = blob.OpenDir(filepath.Join(y.config.DataDir, "blobs"), y.db.StoreID()); err != nil {
		return err
	}
	y.onClose(y.blobs.Close)
	return nil
}

func (y *system) openSecrets(ctx context.Context, s *cli.State) (err error) {
	y.secrets, err = vault.Open(ctx, vault.Options{
		DB: y.db, KeyFile: filepath.Join(y.config.DataDir, "master.key"), MasterKey: s.Getenv("PAW_MASTER_KEY"),
	})
	return err
}

// openIdentity creates the admin key on the first start. It is stored in a 0600
// file before it becomes valid, and shown once.
func (y *system) openIdentity(ctx context.Context, s *cli.State) error {
	path := filepath.Join(y.config.DataDir, "admin-token")
	service, first, err := identity.Open(ctx, identity.Options{
		Store:   y.store,
		Deliver: func(_ context.Context, token string) error { return writeSecretFile(path, token+"\n") },
	})
	if err != nil {
		return err
	}
	y.identity = service
	if first != nil {
		fmt.Fprintf(s.Stdout, "First start. This is the admin token; it is not shown again, and it is stored in %s:\n%s\n", path, first.Token)
	}
	return nil
}

// openEngine registers the kinds, and opens the engine and the orchestrator.
func (y *system) openEngine(ctx context.Context, _ *cli.State) error {
	kinds, err := kind.NewSet(y.airtableSync())
	if err != nil {
		return fmt.Errorf("register the kinds of workflow: %w", err)
	}
	inputs, err := payload.Open(ctx, y.db, y.secrets, y.blobs)
	if err != nil {
		return err
	}
	y.outcomes = &outcome.Store{}
	if err := y.outcomes.Open(ctx, y.db); err != nil {
		return err
	}
	hub := orchestrator.NewHub(orchestrator.Limits{MaxConcurrent: y.config.Limits.MaxExecutions})
	if y.engine, err = local.New(local.Options{
		Store: y.store, DB: y.db, Registry: kinds.Registry(), Observer: hub, Places: hub, Meter: engineMeter{y.metrics}, Logger: y.log,
		DrainTimeout: y.config.Limits.DrainTimeout,
	}); err != nil {
		return err
	}
	if y.projections, err = projection.Open(ctx, projection.Options{Store: y.store, DB: y.db, Logger: y.log}); err != nil {
		return err
	}
	y.orchestrator, err = orchestrator.New(ctx, orchestrator.Options{
		Store: y.store, DB: y.db, Engine: y.engine, Projections: y.projections, Kinds: kinds, Secrets: y.secrets, Blobs: y.blobs,
		Inputs: inputs, Outcomes: y.outcomes, Hub: hub, Logger: y.log,
	})
	if err != nil {
		return err
	}
	return y.metrics.ObserveLag(y.lag)
}

func (y *system) airtableSync() *kind.Kind {
	c := y.config.Airtable
	client := airtable.New(airtable.Options{
		BaseURL: c.BaseURL, RequestsPerSecond: c.RequestsPerSecond, TokenRequestsPerSecond: c.TokenRequestsPerSecond,
		Penalty: c.Penalty, RequestTimeout: c.RequestTimeout, Meter: airtableMeter{y.metrics},
	})
	y.onClose(func() error { client.CloseIdleConnections(); return nil })
	return airtablesync.New(airtablesync.Options{
		Airtable: client, Secrets: y.secrets, Blobs: y.blobs, DB: y.db,
	})
}

// handler is the public API.
func (y *system) handler() http.Handler {
	api := apihttp.New(apihttp.Options{Identity: y.identity, Stopping: y.streams, Logger: y.log, Observe: y.metrics.HTTPRequest})
	v1.Mount(api, v1.Services{
		Orchestrator: y.orchestrator, Rows: outcome.NewReader(y.outcomes, y.orchestrator), Keys: y.identity, Ready: y.ready,
	})
	return api.Handler()
}

// ready returns nil if requests can be served, or the reason why they cannot.
func (y *system) ready(context.Context) error {
	if y.stopping.Load() {
		return errors.New("stopping")
	}
	select {
	case <-y.engine.Ready():
	default:
		return errors.New("recovering executions")
	}
	select {
	case <-y.orchestrator.Ready():
		return nil
	default:
		return errors.New("read models are catching up")
	}
}
