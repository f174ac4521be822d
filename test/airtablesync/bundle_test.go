package airtablesync_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Names that every test uses.
const (
	sourceID = airtable.BaseID("appSource00000001")
	secondID = airtable.BaseID("appSource00000002")
	targetID = airtable.BaseID("appTarget00000001")

	sourceToken = airtable.Token("patSource") // may do everything

	workspace  = "ws_test"
	definition = "wf_test"
)

// testBundle is one simulator and one engine with the kind on it.
type testBundle struct {
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
	wrap   func(airtablesync.Airtable) airtablesync.Airtable
	long   int // records after which a generation ends; zero: as in production

	outcomes outcome.Store

	mu       sync.Mutex
	progress engine.Progress
	versions []string // configurations, version 1 first
}

// setup starts a simulator and an engine. wrap may stand between the kind and
// the client; nil means nothing does. It is called again after a restart.
func setup(t *testing.T, wrap func(airtablesync.Airtable) airtablesync.Airtable) *testBundle {
	t.Helper()
	return setupLong(t, 0, wrap)
}

// setupLong is setup with generations that end after so many records.
func setupLong(t *testing.T, long int, wrap func(airtablesync.Airtable) airtablesync.Airtable) *testBundle {
	t.Helper()
	b := &testBundle{T: t, wrap: wrap, long: long, vault: newVault()}
	simulator, err := sim.Open(sim.Config{NoRateLimit: true, Tokens: []sim.Token{
		{Value: "patSource"}, {Value: "patTarget"},
		{Value: "patReader", Scopes: []string{"data.records:read", "data.records:write", "schema.bases:read"}},
		{Value: "patBlind", Scopes: []string{"data.records:read", "data.records:write"}},
		{Value: "patNoRows", Scopes: []string{"schema.bases:read", "schema.bases:write", "data.records:read"}},
		{Value: "keyXXXXXXXXXXXXXX"}, {Value: "keyYYYYYYYYYYYYYY"}, // of the description's example
	}})
	b.ok(err)
	server := httptest.NewServer(simulator.Handler())
	b.url = server.URL
	b.client = airtable.New(airtable.Options{BaseURL: server.URL, RequestsPerSecond: 1e6, TokenRequestsPerSecond: 1e6})
	dir := memoryDir(t)
	b.db, err = db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, "store.db")})
	b.ok(err)
	b.store, err = sqlite.Open(t.Context(), b.db, sqlite.Options{})
	b.ok(err)
	b.blobs, err = blob.OpenDir(filepath.Join(dir, "blobs"), b.db.StoreID())
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

// memoryDir is a directory in memory, on a system that has one. These tests end
// engines, never the machine: without it, they mostly wait for a disk.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "paw-airtablesync-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// restart ends the engine while steps are running and starts the next one.
func (b *testBundle) restart() {
	b.Helper()
	b.stop()
	b.startEngine()
}

func (b *testBundle) startEngine() {
	b.Helper()
	var port airtablesync.Airtable = b.client
	if b.wrap != nil {
		port = b.wrap(port)
	}
	kinds, err := kind.NewSet(airtablesync.New(airtablesync.Options{Airtable: port, Secrets: b.vault, Blobs: b.blobs, DB: b.db}))
	b.ok(err)
	b.ok(kinds.Kind(airtablesync.Name).Migrate(b.Context(), b.db))
	b.ok(b.outcomes.Open(b.Context(), b.db))
	kinds.Bind(b, nil)
	b.engine, err = local.New(local.Options{Store: b.store, DB: b.db, Registry: kinds.Registry(), Observer: b, DrainTimeout: 10 * time.Millisecond,
		LongHistory: b.long, Chance: func() float64 { return 0 }})
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

// vault holds the tokens; only steps resolve references.
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

// keep puts credentials of a configuration away and writes their references.
func (v *vault) keep(config string, credentials ...string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range credentials {
		v.tokens["secret:sec_"+c] = c
		config = strings.ReplaceAll(config, `"`+c+`"`, `"secret:sec_`+c+`"`)
	}
	return config
}

func (v *vault) replace(ref, token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tokens[ref] = token
}

// version returns the number of the version with this configuration.
func (b *testBundle) version(config string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := slices.Index(b.versions, config)
	if n < 0 {
		n, b.versions = len(b.versions), append(b.versions, config)
	}
	return n + 1
}

// Version makes the bundle the keeper of versions.
func (b *testBundle) Version(_ context.Context, ws workflow.WorkspaceID, id workflow.ID, n int) (workflow.VersionData, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ws != workspace || id != definition || n > len(b.versions) {
		return workflow.VersionData{}, workflow.NotFound("version_not_found", "no such version")
	}
	return workflow.VersionData{Kind: airtablesync.Name, Version: n, Config: json.RawMessage(b.versions[n-1])}, nil
}

func (b *testBundle) Progress(_ engine.Info, p engine.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress = p
}

func (b *testBundle) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// end is how an execution came to rest: it has ended, or it is parked.
type end struct {
	event   eventstore.Event
	Summary airtablesync.Summary
	Class   string
	Code    string
	Message string
	Reason  string // of a parking
}

// run starts a run and waits until it has ended or is parked.
func (b *testBundle) run(config, input string) end {
	b.Helper()
	return b.await(b.start(config, input))
}

// execution returns the id of the n-th run.
func (b *testBundle) execution(n int) string {
	return fmt.Sprintf("ex_%s_%d", strings.ReplaceAll(b.Name(), "/", "_"), n)
}

// start starts a run and returns its execution and its first position.
func (b *testBundle) start(config, input string) (execution string, position int64) {
	b.Helper()
	b.runs++
	execution = b.execution(b.runs)
	position, err := b.engine.Start(b.Context(), engine.Start{Workspace: workspace, Execution: execution, Function: airtablesync.Name + "/run",
		Kind: airtablesync.Name, Definition: definition, Version: b.version(config), Input: raw(input)})
	b.ok(err)
	return execution, position
}

func raw(s string) json.RawMessage {
	if s == "" {
		return nil
	}
	return json.RawMessage(s)
}

func (b *testBundle) await(execution string, after int64) end {
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

func (b *testBundle) read(e eventstore.Event) end {
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

// told lists what the last run told of single rows, one line each.
func (b *testBundle) told() []string {
	b.Helper()
	rows, err := b.outcomes.Rows(b.Context(), workspace, workflow.ExecutionID(b.execution(b.runs)), 0, 100)
	b.ok(err)
	var lines []string
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", r.Table, r.Record, r.What, r.Code, r.Message))
	}
	return lines
}

// complete runs and expects the run to complete.
func (b *testBundle) complete(config, input string) airtablesync.Summary {
	b.Helper()
	got := b.run(config, input)
	if got.event.Type != engine.EventCompleted {
		b.Fatalf("%s: %s", got.event.Type, got.event.Data)
	}
	return got.Summary
}
