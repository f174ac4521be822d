package airtablesync_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
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
	b := &bed{T: t, o: o}
	simulator, err := sim.Open(sim.Config{NoRateLimit: true, OffsetTTL: o.offsetTTL, Tokens: []sim.Token{
		{Value: "patSource"}, {Value: "patTarget"},
		{Value: "patReader", Scopes: []string{"data.records:read", "data.records:write", "schema.bases:read"}},
		{Value: "patBlind", Scopes: []string{"data.records:read", "data.records:write"}},
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
	kind, err := airtablesync.New(b.Context(), airtablesync.Options{Airtable: port, Secrets: vault{}, Blobs: b.blobs, DB: b.db})
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

// vault knows one secret: references are resolved in steps only.
type vault struct{}

func (vault) Resolve(_ context.Context, ws, ref string) (string, error) {
	if ws != workspace {
		return "", fmt.Errorf("workspace %s", ws)
	}
	return map[string]string{"secret:sec_source": "patSource", "secret:sec_target": "patTarget",
		"secret:sec_reader": "patReader", "secret:sec_blind": "patBlind", "secret:sec_wrong": "patNobody"}[ref], nil
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

// config syncs all tables of the source into the target, with more members.
func config(more string) string {
	c := `{"source_bases":[{"base_id":"` + string(sourceID) + `","api_key":"secret:sec_source"}],` +
		`"target_bases":[{"base_id":"` + string(targetID) + `","api_key":"secret:sec_target"}]`
	if more != "" {
		c += "," + more
	}
	return c + "}"
}

// base creates a base. The first table of a list may be linked to by the rest.
func (b *bed) base(id airtable.BaseID, tables ...airtable.NewTable) *airtable.Base {
	b.Helper()
	made, err := b.client.CreateBase(b.Context(), sourceToken, airtable.NewBase{ID: id, Name: string(id), WorkspaceID: "wspTest0000000001", Tables: tables})
	b.ok(err)
	return made
}

// emptyTarget creates the target with one table that nobody syncs.
func (b *bed) emptyTarget() {
	b.Helper()
	b.base(targetID, table("Unused", text("Name")))
}

func table(name string, fields ...airtable.NewField) airtable.NewTable {
	return airtable.NewTable{Name: name, Fields: fields}
}

func text(name string) airtable.NewField {
	return airtable.NewField{Name: name, Type: airtable.SingleLineText}
}

func field(name string, kind airtable.FieldType, options string) airtable.NewField {
	return airtable.NewField{Name: name, Type: kind, Options: raw(options)}
}

func (b *bed) schema(id airtable.BaseID) *airtable.Base {
	b.Helper()
	s, err := b.client.Schema(b.Context(), sourceToken, id)
	b.ok(err)
	return s
}

// link creates a link field.
func (b *bed) link(id airtable.BaseID, from, name, to string) *airtable.Field {
	b.Helper()
	s := b.schema(id)
	source, _ := s.Table(from)
	linked, _ := s.Table(to)
	f, err := b.client.CreateField(b.Context(), sourceToken, id, source.ID, airtable.NewField{Name: name,
		Type: airtable.MultipleRecordLinks, Options: airtable.NewLinkOptions(linked.ID)})
	b.ok(err)
	return f
}

// insert creates rows from JSON objects and returns their ids.
func (b *bed) insert(id airtable.BaseID, table string, rows ...string) []airtable.RecordID {
	b.Helper()
	var ids []airtable.RecordID
	for chunk := range slices.Chunk(rows, airtable.MaxBatch) {
		var request airtable.WriteRequest
		for _, r := range chunk {
			var w airtable.RecordWrite
			b.ok(json.Unmarshal([]byte(r), &w.Fields))
			request.Records = append(request.Records, w)
		}
		request.Typecast = true
		made, err := b.client.Create(b.Context(), sourceToken, id, airtable.TableID(table), request)
		b.ok(err)
		for _, r := range made.Records {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func (b *bed) update(id airtable.BaseID, table string, record airtable.RecordID, fields string) {
	b.Helper()
	w := airtable.RecordWrite{ID: record}
	b.ok(json.Unmarshal([]byte(fields), &w.Fields))
	_, err := b.client.Update(b.Context(), sourceToken, id, airtable.TableID(table), airtable.WriteRequest{Records: []airtable.RecordWrite{w}, Typecast: true})
	b.ok(err)
}

func (b *bed) remove(id airtable.BaseID, table string, records ...airtable.RecordID) {
	b.Helper()
	for chunk := range slices.Chunk(records, airtable.MaxBatch) {
		_, err := b.client.Delete(b.Context(), sourceToken, id, airtable.TableID(table), chunk)
		b.ok(err)
	}
}

func (b *bed) rows(id airtable.BaseID, table string) []airtable.Record {
	b.Helper()
	var rows []airtable.Record
	for offset := ""; ; {
		page, err := b.client.List(b.Context(), sourceToken, id, airtable.TableID(table), airtable.ListParams{Offset: offset})
		b.ok(err)
		rows = append(rows, page.Records...)
		if offset = page.Offset; offset == "" {
			return rows
		}
	}
}

// readable writes a table's rows down in short lines, with the linked rows'
// names in place of ids and without external ids: two equal tables read the
// same.
func (b *bed) readable(id airtable.BaseID, tableName string) []string {
	b.Helper()
	schema := b.schema(id)
	names := map[string]string{}
	for _, t := range schema.Tables {
		for _, r := range b.rows(id, t.Name) {
			names[string(r.ID)] = fmt.Sprintf("%s", r.Fields[t.Primary().Name])
			if id == targetID && t.Primary().Name == airtablesync.DefaultExternalIDField {
				names[string(r.ID)] = "?"
			}
		}
	}
	var lines []string
	for _, r := range b.rows(id, tableName) {
		line := []string{}
		for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
			if name == airtablesync.DefaultExternalIDField {
				continue
			}
			line = append(line, name+"="+readableCell(r.Fields[name], names))
		}
		lines = append(lines, strings.Join(line, " "))
	}
	slices.Sort(lines)
	return lines
}

// readableCell names linked rows, in order of their names: the order within the
// inverse field of a link is Airtable's.
func readableCell(cell json.RawMessage, names map[string]string) string {
	var linked []string
	for _, id := range airtable.Links(cell) {
		if _, known := names[string(id)]; !known {
			return string(cell)
		}
		linked = append(linked, names[string(id)])
	}
	if linked == nil {
		return string(cell)
	}
	slices.Sort(linked)
	return fmt.Sprint(linked)
}

// faults sets the simulator's faults.
func (b *bed) faults(faults ...string) {
	b.Helper()
	b.admin(http.MethodPut, "/_sim/faults", `{"faults":[`+strings.Join(faults, ",")+`]}`)
}

func (b *bed) admin(method, path, body string) []byte {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(body))
	b.ok(err)
	answer, err := http.DefaultClient.Do(request)
	b.ok(err)
	defer answer.Body.Close()
	var all bytes.Buffer
	_, err = all.ReadFrom(answer.Body)
	b.ok(err)
	if answer.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %s", method, path, all.String())
	}
	return all.Bytes()
}

// met returns how many calls had a fault.
func (b *bed) met() int {
	b.Helper()
	var plan struct{ Faults []struct{ Met int } }
	b.ok(json.Unmarshal(b.admin(http.MethodGet, "/_sim/faults", ""), &plan))
	met := 0
	for _, f := range plan.Faults {
		met += f.Met
	}
	return met
}

// calls returns the calls since the last time, by the simulator's own count.
func (b *bed) calls() map[string]int {
	b.Helper()
	var stats struct{ Calls map[string]int }
	b.ok(json.Unmarshal(b.admin(http.MethodGet, "/_sim/stats", ""), &stats))
	b.admin(http.MethodDelete, "/_sim/stats", "")
	return stats.Calls
}
