package airtablesync

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
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
	comparePage engine.Step[compareRequest, pageCompared]
	listTarget  engine.Step[listRequest, pageListed]
	writeBatch  engine.Step[batchRequest, batchWritten]
	countGone   engine.Step[goneRequest, goneCounted]
	findGone    engine.Step[goneRequest, goneFound]
	holdDeletes engine.Step[holdRequest, engine.None]
	deleteBatch engine.Step[deleteRequest, batchDeleted]
	completeRun engine.Step[completeRequest, engine.None]
}

// callTimeout bounds a step that calls Airtable: the call itself and its wait
// for the rate limiters, which may last a whole penalty.
const callTimeout = 5 * time.Minute

func registerSteps(r *engine.Registry, t tools) steps {
	schema, change := schemaSteps{t}, changeSteps{t}
	read, list, write := readSteps{t}, listSteps{t}, writeSteps{t}
	remove, finish := deleteSteps{t}, finishSteps{t}
	return steps{
		readSchema:  engine.NewStep(r, "airtablesync/read_schema", readOnly[schemaRequest](), schema.readSchema),
		plan:        engine.NewStep(r, "airtablesync/plan", withEffects[planRequest](), schema.plan),
		createTable: engine.NewStep(r, "airtablesync/create_table", withEffects[changeRequest](), change.createTable),
		createField: engine.NewStep(r, "airtablesync/create_field", withEffects[changeRequest](), change.createField),
		renameField: engine.NewStep(r, "airtablesync/rename_field", withEffects[changeRequest](), change.renameField),
		fetchPage:   engine.NewStep(r, "airtablesync/fetch_page", readOnly[pageRequest](), read.fetchPage),
		comparePage: engine.NewStep(r, "airtablesync/compare_page", withEffects[compareRequest](), read.comparePage),
		listTarget:  engine.NewStep(r, "airtablesync/list_target", withEffects[listRequest](), list.listTarget),
		writeBatch:  engine.NewStep(r, "airtablesync/write_batch", withEffects[batchRequest](), write.writeBatch),
		countGone:   engine.NewStep(r, "airtablesync/count_gone", withEffects[goneRequest](), remove.countGone),
		findGone:    engine.NewStep(r, "airtablesync/find_gone", withEffects[goneRequest](), remove.findGone),
		holdDeletes: engine.NewStep(r, "airtablesync/hold_deletes", withEffects[holdRequest](), remove.holdDeletes),
		deleteBatch: engine.NewStep(r, "airtablesync/delete_batch", withEffects[deleteRequest](), remove.deleteBatch),
		completeRun: engine.NewStep(r, "airtablesync/complete_run", withEffects[completeRequest](), finish.completeRun),
	}
}

func readOnly[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{ReadOnly: true, Timeout: callTimeout}
}

func withEffects[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{Timeout: callTimeout}
}
