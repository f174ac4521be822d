package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// bed is a whole core over one store, with two kinds of workflow to measure.
type bed struct {
	db        *db.DB
	store     eventstore.Store
	service   *orchestrator.Service
	caller    workflow.Caller
	five, fan workflow.ID
	stop      context.CancelFunc
	running   sync.WaitGroup
	ended     chan error
}

// kind is a workflow whose steps do nothing, so that only the core is measured.
type kind struct {
	name string
	body func(*engine.Registry, string)
}

func (k kind) Name() string                                  { return k.name }
func (kind) Schema() json.RawMessage                         { return json.RawMessage(`{"type":"object"}`) }
func (kind) Validate(json.RawMessage) workflow.Problems      { return workflow.Problems{} }
func (kind) ValidateInput(json.RawMessage) workflow.Problems { return workflow.Problems{} }
func (kind) SecretPointers() []string                        { return nil }
func (k kind) Register(r *engine.Registry) error             { k.body(r, k.Function()); return nil }
func (k kind) Function() string                              { return "bench/" + k.name }
func (kind) Concurrency() int                                { return 1000 }

type none struct{}

func fiveSteps(r *engine.Registry, function string) {
	step := engine.NewStep(r, function+"_step", engine.StepOptions[none]{}, func(context.Context, none) (none, error) { return none{}, nil })
	engine.NewWorkflow(r, function, func(run engine.Run, _ workflow.Input) (none, error) {
		for range 5 {
			if _, err := step.Do(run, none{}); err != nil {
				return none{}, err
			}
		}
		return none{}, nil
	})
}

func hundredParallel(r *engine.Registry, function string) {
	step := engine.NewStep(r, function+"_step", engine.StepOptions[none]{}, func(context.Context, none) (none, error) { return none{}, nil })
	engine.NewWorkflow(r, function, func(run engine.Run, _ workflow.Input) (none, error) {
		_, err := engine.Map(run, 100, make([]none, 100), func(run engine.Run, n none) (none, error) { return step.Do(run, n) })
		return none{}, err
	})
}

func openBed(ctx context.Context, url string) (_ *bed, err error) {
	b := &bed{ended: make(chan error, 2)}
	if b.db, err = db.Open(ctx, db.Options{URL: url}); err != nil {
		return nil, err
	}
	if b.db.Dialect() == db.Postgres {
		b.store, err = postgres.Open(ctx, b.db, postgres.Options{})
	} else {
		b.store, err = sqlite.Open(ctx, b.db, sqlite.Options{})
	}
	if err != nil {
		return nil, err
	}
	kinds := []orchestrator.Kind{kind{"five", fiveSteps}, kind{"fan", hundredParallel}}
	registry := engine.NewRegistry()
	for _, k := range kinds {
		if err := k.Register(registry); err != nil {
			return nil, err
		}
	}
	hub := orchestrator.NewHub()
	e, err := local.New(local.Options{Store: b.store, DB: b.db, Registry: registry, Observer: hub})
	if err != nil {
		return nil, err
	}
	if b.service, err = orchestrator.New(ctx, orchestrator.Options{
		Store: b.store, DB: b.db, Engine: e, Kinds: kinds, Hub: hub, MaxConcurrent: 1000,
	}); err != nil {
		return nil, err
	}
	return b, b.start(ctx, e)
}

func (b *bed) start(ctx context.Context, e *local.Engine) (err error) {
	running, stop := context.WithCancel(ctx)
	b.stop = stop
	b.running.Go(func() { b.ended <- e.Run(running) })
	b.running.Go(func() { b.ended <- b.service.Run(running) })
	<-e.Ready()
	<-b.service.Ready()
	b.caller = workflow.Caller{Workspace: "ws_bench", Principal: "pr_bench", Scopes: []workflow.Permission{workflow.Admin}}
	if b.five, err = b.define(ctx, "five"); err != nil {
		return err
	}
	b.fan, err = b.define(ctx, "fan")
	return err
}

func (b *bed) define(ctx context.Context, name string) (workflow.ID, error) {
	created, err := b.service.Create(ctx, b.caller, orchestrator.CreateRequest{Name: name, Type: name, Config: json.RawMessage(`{}`)})
	return created.Definition.ID, err
}

func (b *bed) close() error {
	b.stop()
	b.running.Wait()
	return errors.Join(b.store.Close(), b.db.Close())
}

// runMany starts n workflows from starters goroutines, each waiting for the
// end of its own, and returns when the read models hold all of them.
func (b *bed) runMany(ctx context.Context, n, starters int, latencies []time.Duration) error {
	err := eachRun(n, starters, func(i int) error {
		begin := time.Now()
		err := b.runOne(ctx, b.five)
		if latencies != nil {
			latencies[i] = time.Since(begin)
		}
		return err
	})
	if err != nil {
		return err
	}
	return b.service.CaughtUp(ctx)
}

func (b *bed) runOne(ctx context.Context, id workflow.ID) error {
	started, err := b.service.Execute(ctx, b.caller, orchestrator.ExecuteRequest{Workflow: id})
	if err != nil {
		return err
	}
	state, err := b.service.AwaitEnd(ctx, b.caller, started.Execution.ID)
	if err != nil {
		return err
	}
	if state != workflow.Completed {
		return fmt.Errorf("%s ended as %s", started.Execution.ID, state)
	}
	return nil
}

// size is how many bytes the store takes on disk, without the write-ahead log.
func (b *bed) size(ctx context.Context) (n int64, err error) {
	query := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if b.db.Dialect() == db.Postgres {
		query = "SELECT pg_database_size(current_database())"
	}
	return n, b.db.Read().QueryRow(ctx, query).Scan(&n)
}

// cpuTime is what this process has used so far; a PostgreSQL server's own
// time is not in it.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// freshDatabase makes an empty database beside the one at url.
func freshDatabase(ctx context.Context, url, name string) (string, error) {
	name = fmt.Sprintf("%s_%d", name, time.Now().UnixNano())
	if err := createDatabase(ctx, url, name); err != nil {
		return "", err
	}
	head, query, _ := strings.Cut(url, "?")
	at := strings.LastIndex(head, "/")
	out := head[:at+1] + name
	if query != "" {
		out += "?" + query
	}
	return out, nil
}
