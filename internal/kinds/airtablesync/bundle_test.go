package airtablesync

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// testBundle is the tools of a kind, with an Airtable that does what a test
// says and a configuration from base appS to base appT.
type testBundle struct {
	tools
	*testing.T
	fake   *fakeAirtable
	db     *db.DB
	rows   outcome.Store
	stored Config
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	dir := t.TempDir()
	b := &testBundle{T: t, fake: &fakeAirtable{exists: map[airtable.RecordID]bool{}}}
	var err error
	b.db, err = db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, "store.db")})
	b.ok(err)
	blobs, err := blob.OpenDir(filepath.Join(dir, "blobs"), b.db.StoreID())
	b.ok(err)
	t.Cleanup(func() { _ = b.db.Close(); _ = blobs.Close() })
	links := linkmap.New(b.db)
	k := kind.New[Config, Input](Name, kind.Options{Tables: links.Tables()})
	b.tools = newTools(k, b.fake, secretsFunc(func(_, ref string) (string, error) { return "pat of " + ref, nil }), blobs, links)
	b.stored = Config{SourceBases: []BaseConfig{{BaseID: "appS", APIKey: "secret:sec_s"}}, TargetBases: []BaseConfig{{BaseID: "appT", APIKey: "secret:sec_t"}},
		ExternalIDField: DefaultExternalIDField}
	b.tools.config = func(context.Context) (Config, error) { return b.stored, nil }
	b.tools.airtable.config = b.tools.config
	b.ok(k.Migrate(t.Context(), b.db))
	b.ok(b.rows.Open(t.Context(), b.db))
	return b
}

// secretsFunc resolves references.
type secretsFunc func(workspace, ref string) (string, error)

func (f secretsFunc) Resolve(_ context.Context, workspace, ref string) (string, error) {
	return f(workspace, ref)
}

func (b *testBundle) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// attempt returns the context of a step's n-th attempt, and what the attempt
// leaves behind.
func (b *testBundle) attempt(n int) (context.Context, *engine.Attempt) {
	a := &engine.Attempt{Info: engine.StepInfo{Attempt: n, Info: engine.Info{Workspace: "ws", Execution: "ex_1", Definition: "wf_1",
		Root: engine.Root{Execution: "ex_1", Generation: 1}}}}
	return engine.WithAttempt(b.Context(), a), a
}

// commit makes the attached writes, as the engine does with a result.
func (b *testBundle) commit(a *engine.Attempt) {
	b.Helper()
	_, writes := a.Left()
	by := engine.WriteInfo{Workspace: a.Info.Workspace, Execution: a.Info.Execution, Definition: a.Info.Definition, Key: "key"}
	for _, w := range writes {
		b.ok(b.db.Write(b.Context(), func(ctx context.Context, tx db.Tx) error { return w.Write.Apply(ctx, tx, by, w.Data) }))
	}
}

// earlier makes the writes of a step that has ended.
func (b *testBundle) earlier(attach func(ctx context.Context, pair string) error) {
	b.Helper()
	ctx, a := b.attempt(1)
	b.ok(attach(ctx, people().Key()))
	b.commit(a)
}

// ours is a row that this sync has made.
func ours(source, target airtable.RecordID) linkmap.Written {
	return linkmap.Written{Source: source, Target: target, Whose: plan.Ours}
}

// swept is what a sweep notes of rows of which nothing else is known.
func swept(ids ...airtable.RecordID) []linkmap.Swept {
	var rows []linkmap.Swept
	for _, id := range ids {
		rows = append(rows, linkmap.Swept{Source: id})
	}
	return rows
}

// told lists what was told of rows, one line each.
func (b *testBundle) told() []string {
	b.Helper()
	rows, err := b.rows.Rows(b.Context(), "ws", "ex_1", 0, 100)
	b.ok(err)
	var lines []string
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%s %s.%s %s %s", r.Table, r.Record, r.Field, r.What, r.Code))
	}
	return lines
}

// recorded lists the events of an attempt.
func recorded(a *engine.Attempt) []string {
	events, _ := a.Left()
	var all []string
	for _, e := range events {
		all = append(all, e.Type+" "+string(e.Data))
	}
	return all
}

// people is a pair with one field and a link to itself.
func people() plan.Pair {
	p := plan.Pair{
		Source:     plan.Side{Role: plan.Source, Base: "appS", Table: "tblS", Name: "People"},
		Target:     plan.Side{Role: plan.Target, Base: "appT", Table: "tblT", Name: "People"},
		ExternalID: "fldX",
		Fields:     []plan.FieldPair{{Source: "fldName", Target: airtable.Field{ID: "fldN", Name: "Name", Type: airtable.SingleLineText}}},
	}
	p.Links = []plan.LinkPair{{Source: "fldBoss", Target: "fldB", To: p.Key(), Later: true}}
	return p
}

// fakeAirtable holds target rows and one schema, and notes the calls.
type fakeAirtable struct {
	Airtable
	calls  []string
	exists map[airtable.RecordID]bool
	schema airtable.Base
	fail   error             // of the next change
	found  []airtable.Record // by their external IDs
	// page answers the next listing that asks for no rows by ID.
	page func(airtable.ListParams) (*airtable.Page, error)
}

func (f *fakeAirtable) note(format string, args ...any) {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

// failure returns what a change fails with, once.
func (f *fakeAirtable) failure() error {
	err := f.fail
	f.fail = nil
	return err
}

func (f *fakeAirtable) Schema(context.Context, airtable.Token, airtable.BaseID) (*airtable.Base, error) {
	f.note("schema")
	return &f.schema, nil
}

func (f *fakeAirtable) CreateTable(_ context.Context, _ airtable.Token, _ airtable.BaseID, t airtable.NewTable) (*airtable.Table, error) {
	f.note("create table %s", t.Name)
	return &airtable.Table{ID: "tblNew", Name: t.Name}, f.failure()
}

func (f *fakeAirtable) CreateField(_ context.Context, _ airtable.Token, _ airtable.BaseID, table airtable.TableID, n airtable.NewField) (*airtable.Field, error) {
	f.note("create field %s of %s", n.Name, table)
	return &airtable.Field{ID: "fldNew", Name: n.Name, Type: n.Type, Options: n.Options}, f.failure()
}

func (f *fakeAirtable) UpdateField(_ context.Context, _ airtable.Token, _ airtable.BaseID, table airtable.TableID, id airtable.FieldID, p airtable.FieldPatch) (*airtable.Field, error) {
	f.note("rename %s of %s to %s", id, table, *p.Name)
	return &airtable.Field{ID: id, Name: *p.Name}, f.failure()
}

// List answers with those of the rows of a formula that exist, one per page.
func (f *fakeAirtable) List(_ context.Context, _ airtable.Token, _ airtable.BaseID, table airtable.TableID, p airtable.ListParams) (*airtable.Page, error) {
	if p.FilterByFormula == "" {
		f.note("list %s", table)
		return f.page(p)
	}
	if f.found != nil {
		return &airtable.Page{Records: f.found}, nil
	}
	var ids []airtable.RecordID
	for id := range f.exists {
		if strings.Contains(p.FilterByFormula, `"`+string(id)+`"`) && string(id) > p.Offset {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	page := &airtable.Page{}
	if len(ids) > 0 {
		page.Records = []airtable.Record{{ID: ids[0]}}
	}
	if len(ids) > 1 {
		page.Offset = string(ids[0])
	}
	f.note("list")
	return page, nil
}

// Upsert refuses a row that does not exist, or a link to one.
func (f *fakeAirtable) Upsert(_ context.Context, _ airtable.Token, _ airtable.BaseID, _ airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	f.note("upsert %d", len(r.Records))
	result := &airtable.UpsertResult{}
	for i, w := range r.Records {
		named := airtable.Links(w.Fields["fldB"])
		if w.ID != "" {
			named = append(named, w.ID)
		}
		for _, id := range named {
			if !f.exists[id] {
				return nil, failure.New(failure.Validation, airtable.CodeRowDoesNotExist, "%s does not exist", id)
			}
		}
		if w.ID == "" {
			w.ID = airtable.RecordID(fmt.Sprintf("recNew%d", i))
			result.Created = append(result.Created, w.ID)
		}
		result.Records = append(result.Records, airtable.Record{ID: w.ID, Fields: w.Fields})
	}
	return result, f.failure()
}

// Delete refuses all if one of the rows does not exist.
func (f *fakeAirtable) Delete(_ context.Context, _ airtable.Token, _ airtable.BaseID, _ airtable.TableID, ids []airtable.RecordID) (*airtable.DeleteResult, error) {
	f.note("delete %v", ids)
	for _, id := range ids {
		if !f.exists[id] {
			return nil, failure.New(failure.Validation, airtable.CodeRecordNotFound, "%s does not exist", id)
		}
	}
	if err := f.failure(); err != nil {
		return nil, err
	}
	for _, id := range ids {
		delete(f.exists, id)
	}
	return &airtable.DeleteResult{Deleted: ids}, nil
}
