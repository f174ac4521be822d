package airtablesync_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Bases and tokens of every test.
const (
	sourceID = airtable.BaseID("appSource00000001")
	secondID = airtable.BaseID("appSource00000002")
	targetID = airtable.BaseID("appTarget00000001")

	sourceToken = airtable.Token("patSource")
	targetToken = airtable.Token("patTarget")
	readerToken = airtable.Token("patReader") // may not change schemas
	blindToken  = airtable.Token("patBlind")  // may not read schemas

	workspace  = "ws_test"
	definition = "wf_test"
)

// bed is one simulator and one engine with the kind on it.
type bed struct {
	*testing.T
	url    string
	client *airtable.Client
	store  *sqlite.Store
	db     *db.DB
	engine *local.Engine
	blobs  *blob.Dir
	vault  *vault
	runs   int
	stop   func()
	o      options

	mu       sync.Mutex
	progress engine.Progress
}

type options struct {
	offsetTTL time.Duration
	client    airtable.Options
	lister    func(airtablesync.Airtable) airtablesync.Airtable // wraps the client
}

func newBed(t *testing.T, o options) *bed {
	t.Helper()
	b := &bed{T: t, o: o, vault: newVault()}
	simulator, err := sim.Open(sim.Config{NoRateLimit: true, OffsetTTL: o.offsetTTL, Tokens: []sim.Token{
		{Value: "patSource"}, {Value: "patTarget"},
		{Value: "patReader", Scopes: []string{"data.records:read", "data.records:write", "schema.bases:read"}},
		{Value: "patBlind", Scopes: []string{"data.records:read", "data.records:write"}},
		{Value: "patNoRows", Scopes: []string{"schema.bases:read", "schema.bases:write", "data.records:read"}},
		{Value: "keyXXXXXXXXXXXXXX"}, {Value: "keyYYYYYYYYYYYYYY"}, // of the description's example
	}})
	b.ok(err)
	server := httptest.NewServer(simulator.Handler())
	b.url = server.URL
	o.client.BaseURL, o.client.RequestsPerSecond, o.client.TokenRequestsPerSecond = server.URL, 1e6, 1e6
	b.client = airtable.New(o.client)
	dir := t.TempDir()
	b.db, err = db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, "store.db")})
	b.ok(err)
	b.store, err = sqlite.Open(t.Context(), b.db, sqlite.Options{})
	b.ok(err)
	b.blobs, err = blob.OpenDir(filepath.Join(dir, "blobs"))
	b.ok(err)
	b.startEngine()
	t.Cleanup(func() {
		b.stop()
		server.Close()
		_ = b.store.Close()
		_ = b.db.Close()
		_ = b.blobs.Close()
		_ = simulator.Close()
	})
	return b
}

// restart ends the engine while steps are on their way and starts the next one.
func (b *bed) restart() {
	b.Helper()
	b.stop()
	b.startEngine()
}

func (b *bed) startEngine() {
	b.Helper()
	var port airtablesync.Airtable = b.client
	if b.o.lister != nil {
		port = b.o.lister(port)
	}
	kind, err := airtablesync.New(b.Context(), airtablesync.Options{Airtable: port, Secrets: b.vault, Blobs: b.blobs, DB: b.db})
	b.ok(err)
	registry := engine.NewRegistry()
	b.ok(kind.Register(registry))
	b.engine, err = local.New(local.Options{Store: b.store, DB: b.db, Registry: registry, Observer: b, DrainTimeout: 10 * time.Millisecond,
		Chance: func() float64 { return 0 }})
	b.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.engine.Run(ctx) }()
	<-b.engine.Ready()
	b.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			b.Errorf("the engine ended with: %v", err)
		}
	}
}

// vault holds the tokens: references are resolved in steps only.
type vault struct {
	mu     sync.Mutex
	tokens map[string]string
}

func newVault() *vault {
	return &vault{tokens: map[string]string{"secret:sec_source": "patSource", "secret:sec_target": "patTarget",
		"secret:sec_reader": "patReader", "secret:sec_blind": "patBlind", "secret:sec_norows": "patNoRows", "secret:sec_wrong": "patNobody"}}
}

func (v *vault) Resolve(_ context.Context, ws, ref string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	token, ok := v.tokens[ref]
	if ws != workspace || !ok {
		return "", fmt.Errorf("no secret %s in workspace %s", ref, ws)
	}
	return token, nil
}

func (v *vault) replace(ref, token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens[ref] = token
}

func (b *bed) Ended(string, string, string, engine.State) {}

func (b *bed) Progress(_, _ string, p engine.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress = p
}

func (b *bed) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// end is how an execution came to rest.
type end struct {
	event   eventstore.Event
	Summary airtablesync.Summary
	Class   string
	Code    string
	Message string
	Reason  string // of a parking
}

// run starts a run and waits until it has ended or is parked.
func (b *bed) run(config, input string) end {
	b.Helper()
	b.runs++
	execution := fmt.Sprintf("ex_%s_%d", strings.ReplaceAll(b.Name(), "/", "_"), b.runs)
	in, err := json.Marshal(workflow.Input{Workspace: workspace, Workflow: definition, Version: 1, Config: json.RawMessage(config), Input: raw(input)})
	b.ok(err)
	position, err := b.engine.Start(b.Context(), engine.Start{Workspace: workspace, Execution: execution, Function: "airtablesync/sync",
		Kind: airtablesync.Name, Definition: definition, DefinitionVersion: 1, Input: in})
	b.ok(err)
	return b.await(execution, position)
}

func raw(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}

func (b *bed) await(execution string, after int64) end {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	events := b.store.Subscribe(after-1, eventstore.Filter{Workspace: workspace, StreamID: execution})
	defer events.Close()
	for {
		batch, err := events.Next(ctx)
		b.ok(err)
		for _, e := range batch {
			switch e.Type {
			case engine.EventCompleted, engine.EventFailed, engine.EventParked, engine.EventCancelled:
				return b.read(e)
			}
		}
	}
}

func (b *bed) read(e eventstore.Event) end {
	b.Helper()
	var data struct {
		Output json.RawMessage `json:"output"`
		Reason string          `json:"reason"`
		Error  struct{ Class, Code, Message string }
	}
	b.ok(json.Unmarshal(e.Data, &data))
	got := end{event: e, Class: data.Error.Class, Code: data.Error.Code, Message: data.Error.Message, Reason: data.Reason}
	if len(data.Output) > 0 {
		b.ok(json.Unmarshal(data.Output, &got.Summary))
	}
	return got
}

// complete runs and expects the run to complete.
func (b *bed) complete(config, input string) airtablesync.Summary {
	b.Helper()
	got := b.run(config, input)
	if got.event.Type != engine.EventCompleted {
		b.Fatalf("%s: %s", got.event.Type, got.event.Data)
	}
	return got.Summary
}
