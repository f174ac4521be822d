package airtablesync

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// steps are the registered effects of a sync. A step whose result depends on
// the link map is never read-only: it must see what earlier steps attached.
type steps struct {
	readSchema  engine.Step[schemaRequest, schemaRead]
	plan        engine.Step[planRequest, planMade]
	createTable engine.Step[changeRequest, changeMade]
	createField engine.Step[changeRequest, changeMade]
	renameField engine.Step[changeRequest, changeMade]
	fetchPage   engine.Step[pageRequest, pageFetched]
	listTarget  engine.Step[listRequest, listPage]
	comparePage engine.Step[compareRequest, pageCompared]
	writeBatch  engine.Step[batchRequest, batchWritten]
	countGone   engine.Step[goneRequest, goneCounted]
	findGone    engine.Step[goneRequest, goneFound]
	holdDeletes engine.Step[holdRequest, engine.None]
	deleteBatch engine.Step[deleteRequest, batchDeleted]
	completeRun engine.Step[completeRequest, engine.None]
}

// callTimeout bounds a step that calls Airtable: the call itself and its wait
// on the limiters, which may last a whole penalty.
const callTimeout = 5 * time.Minute

func registerSteps(r *engine.Registry, k *Kind) steps {
	reads := &sourceSteps{k}
	schema := &schemaSteps{k}
	writes := &targetSteps{k}
	return steps{
		readSchema:  engine.NewStep(r, "airtablesync/read_schema", readOnly[schemaRequest](), schema.readSchema),
		plan:        engine.NewStep(r, "airtablesync/plan", calling[planRequest](), schema.plan),
		createTable: engine.NewStep(r, "airtablesync/create_table", calling[changeRequest](), schema.createTable),
		createField: engine.NewStep(r, "airtablesync/create_field", calling[changeRequest](), schema.createField),
		renameField: engine.NewStep(r, "airtablesync/rename_field", calling[changeRequest](), schema.renameField),
		fetchPage:   engine.NewStep(r, "airtablesync/fetch_page", readOnly[pageRequest](), reads.fetchPage),
		listTarget:  engine.NewStep(r, "airtablesync/list_target", calling[listRequest](), writes.listTarget),
		comparePage: engine.NewStep(r, "airtablesync/compare_page", calling[compareRequest](), reads.comparePage),
		writeBatch:  engine.NewStep(r, "airtablesync/write_batch", calling[batchRequest](), writes.writeBatch),
		countGone:   engine.NewStep(r, "airtablesync/count_gone", calling[goneRequest](), writes.countGone),
		findGone:    engine.NewStep(r, "airtablesync/find_gone", calling[goneRequest](), writes.findGone),
		holdDeletes: engine.NewStep(r, "airtablesync/hold_deletes", calling[holdRequest](), writes.holdDeletes),
		deleteBatch: engine.NewStep(r, "airtablesync/delete_batch", calling[deleteRequest](), writes.deleteBatch),
		completeRun: engine.NewStep(r, "airtablesync/complete_run", calling[completeRequest](), writes.completeRun),
	}
}

func readOnly[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{ReadOnly: true, Timeout: callTimeout}
}

func calling[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{Timeout: callTimeout}
}

// schemaRequest asks for the schema of one base.
type schemaRequest struct {
	Base   airtable.BaseID `json:"base"`
	APIKey string          `json:"api_key"` // a reference
}

// schemaRead refers to a base's schema.
type schemaRead struct {
	Base   airtable.BaseID `json:"base"`
	Schema blob.Ref        `json:"schema"`
}

// planRequest asks what to do, given all schemas.
type planRequest struct {
	Config  json.RawMessage `json:"config"`
	Schemas []schemaRead    `json:"schemas"`
	Mode    Mode            `json:"mode"`
	// Fresh names the target tables that cannot hold a row of ours: this run
	// made them, or the field that would say so.
	Fresh []string `json:"fresh,omitempty"`
}

// planMade is a Plan's table of contents.
type planMade struct {
	Plan     blob.Ref     `json:"plan"`
	Pairs    []pairInfo   `json:"pairs"`
	Groups   [][]int      `json:"groups"` // pairs by target base
	Changes  []changeInfo `json:"changes,omitempty"`
	Warnings []Warning    `json:"warnings,omitempty"`
}

// pairInfo is what the workflow function needs to know of a pair.
type pairInfo struct {
	SourceBase  airtable.BaseID  `json:"source_base"`
	SourceTable string           `json:"source_table"`
	TargetBase  airtable.BaseID  `json:"target_base"`
	TargetTable string           `json:"target_table"`
	TargetID    airtable.TableID `json:"target_id"`
	Full        bool             `json:"full"`
	Since       time.Time        `json:"since,omitzero"` // of an incremental read
	// List says that the target must be listed, to find drift and rows of ours.
	List bool `json:"list"`
}

// changeInfo names a change for progress and history.
type changeInfo struct {
	Kind ChangeKind `json:"kind"`
	Text string     `json:"text"`
}

// changeRequest asks for one change of the plan.
type changeRequest struct {
	Plan   blob.Ref `json:"plan"`
	Change int      `json:"change"`
}

// changeMade says what a change led to.
type changeMade struct {
	Calls int64 `json:"calls"`
	// Fresh is the target table that cannot hold a row of ours, if this is one.
	Fresh string `json:"fresh,omitempty"`
}

// pageRequest asks for one page of a source table.
type pageRequest struct {
	Plan     blob.Ref          `json:"plan"`
	Pair     int               `json:"pair"`
	At       airtable.Position `json:"at"`
	PageSize int               `json:"page_size"`
	// IDs asks for exactly these rows instead, as far as they still exist.
	IDs []airtable.RecordID `json:"ids,omitempty"`
}

// pageFetched refers to the rows of a page.
type pageFetched struct {
	Page    blob.Ref          `json:"page"`
	Rows    int               `json:"rows"`
	Next    airtable.Position `json:"next"`
	Expired bool              `json:"expired,omitempty"` // start again from Next
}

// listRequest asks for one page of a target table.
type listRequest struct {
	Plan    blob.Ref          `json:"plan"`
	Pair    int               `json:"pair"`
	At      airtable.Position `json:"at"`
	Listing string            `json:"listing"`
}

// listPage counts what a page of a target held.
type listPage struct {
	Rows    int               `json:"rows"`
	Doubled int               `json:"doubled,omitempty"` // rows of one external id beyond the first
	Next    airtable.Position `json:"next"`
	Expired bool              `json:"expired,omitempty"`
}

// compareRequest asks which rows of a page must be written.
type compareRequest struct {
	Plan    blob.Ref `json:"plan"`
	Pair    int      `json:"pair"`
	Page    blob.Ref `json:"page"`
	Rows    int      `json:"rows"`
	Sweep   string   `json:"sweep"`
	Listing string   `json:"listing,omitempty"`
}

// pageCompared refers to the rows to be written.
type pageCompared struct {
	Changes      blob.Ref `json:"changes"`
	Count        int      `json:"count"`
	Unchanged    int      `json:"unchanged"`
	SkippedLinks int      `json:"skipped_links,omitempty"`
}

// batchRequest asks to write up to ten rows.
type batchRequest struct {
	Plan  blob.Ref `json:"plan"`
	Pair  int      `json:"pair"`
	Parts []Part   `json:"parts"`
	Pass  string   `json:"pass"`
}

// batchWritten counts what a batch did.
type batchWritten struct {
	Created int `json:"created"`
	Updated int `json:"updated"`
	// Later numbers the rows whose links wait for rows made later in the run.
	Later []int `json:"later,omitempty"`
	// Open counts links that only a later run can follow.
	Open  int   `json:"open,omitempty"`
	Calls int64 `json:"calls"`
}

// goneRequest asks for rows of ours that a sweep has not seen.
type goneRequest struct {
	Plan    blob.Ref          `json:"plan"`
	Pair    int               `json:"pair"`
	Sweep   string            `json:"sweep"`
	Listing string            `json:"listing"`
	After   airtable.RecordID `json:"after,omitempty"`
}

type goneFound struct {
	Gone []linkmap.Gone `json:"gone"`
}

type goneCounted struct {
	Rows    int64 `json:"rows"` // of ours in the target
	Missing int64 `json:"missing"`
}

// holdRequest tells that the deletes of a table wait for a person.
type holdRequest struct {
	Held DeletesHeld `json:"held"`
}

// deleteRequest asks to delete up to ten target rows.
type deleteRequest struct {
	Plan blob.Ref       `json:"plan"`
	Pair int            `json:"pair"`
	Gone []linkmap.Gone `json:"gone"`
}

type batchDeleted struct {
	Deleted int   `json:"deleted"`
	Calls   int64 `json:"calls"`
}

// completeRequest ends a run: its marks become valid.
type completeRequest struct {
	Plan    blob.Ref        `json:"plan"`
	Pairs   []completedPair `json:"pairs"`
	Summary Summary         `json:"summary"`
}

type completedPair struct {
	Pair    int       `json:"pair"`
	Mark    time.Time `json:"mark"`
	Sweep   string    `json:"sweep,omitempty"` // of a full run
	Listing string    `json:"listing,omitempty"`
}

// scope is the pair's part of the link map.
func scope(ctx context.Context, p Pair) linkmap.Scope { return scopeOf(ctx, p.Key()) }

func scopeOf(ctx context.Context, pair string) linkmap.Scope {
	info := engine.InStep(ctx)
	return linkmap.Scope{Workspace: info.Workspace, Workflow: info.Definition, Pair: pair}
}
