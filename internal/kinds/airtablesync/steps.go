package airtablesync

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

// steps are the registered effects of a sync. A read-only step begins before the
// results that its call followed from are committed, so a step that must see in
// the link map what earlier steps of the run attached is never read-only. The
// step plan looks only at what earlier runs have left.
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
	findOwed    engine.Step[owedRequest, owedFound]
	countGone   engine.Step[goneRequest, goneCounted]
	findGone    engine.Step[goneRequest, goneFound]
	tellOrphans engine.Step[goneRequest, goneFound]
	holdDeletes engine.Step[holdRequest, engine.None]
	deleteBatch engine.Step[deleteRequest, batchDeleted]
	completeRun engine.Step[completeRequest, engine.None]
	keepRows    engine.Step[keepRequest, rowsKept]
	loadRows    engine.Step[part, rowsLoaded]
}

// callTimeout bounds a step that calls Airtable: the call itself and its wait
// for the rate limiters, which may last a whole penalty.
const callTimeout = 5 * time.Minute

func declareSteps(k *kind.Kind, t tools) steps {
	schema, change := schemaSteps{t}, changeSteps{t}
	read, list, write := readSteps{t}, listSteps{t}, writeSteps{t}
	remove, finish, keep := deleteSteps{t}, finishSteps{t}, keepSteps{t}
	return steps{
		readSchema:  kind.Step(k, "read_schema", reread[schemaRequest](), schema.readSchema),
		plan:        kind.Step(k, "plan", readOnly[planRequest](), schema.plan),
		createTable: kind.Step(k, "create_table", withEffects[changeRequest](), change.createTable),
		createField: kind.Step(k, "create_field", withEffects[changeRequest](), change.createField),
		renameField: kind.Step(k, "rename_field", withEffects[changeRequest](), change.renameField),
		fetchPage:   kind.Step(k, "fetch_page", readOnly[pageRequest](), read.fetchPage),
		comparePage: kind.Step(k, "compare_page", withEffects[compareRequest](), read.comparePage),
		listTarget:  kind.Step(k, "list_target", withEffects[listRequest](), list.listTarget),
		writeBatch:  kind.Step(k, "write_batch", withEffects[batchRequest](), write.writeBatch),
		findOwed:    kind.Step(k, "find_owed", withEffects[owedRequest](), owedSteps{t}.findOwed),
		countGone:   kind.Step(k, "count_gone", withEffects[goneRequest](), remove.countGone),
		findGone:    kind.Step(k, "find_gone", withEffects[goneRequest](), remove.findGone),
		tellOrphans: kind.Step(k, "tell_orphans", withEffects[goneRequest](), remove.tellOrphans),
		holdDeletes: kind.Step(k, "hold_deletes", withEffects[holdRequest](), remove.holdDeletes),
		deleteBatch: kind.Step(k, "delete_batch", withEffects[deleteRequest](), remove.deleteBatch),
		completeRun: kind.Step(k, "complete_run", withEffects[completeRequest](), finish.completeRun),
		keepRows:    kind.Step(k, "keep_rows", readOnly[keepRequest](), keep.keepRows),
		loadRows:    kind.Step(k, "load_rows", readOnly[part](), keep.loadRows),
	}
}

// about labels the calls of a step with what they are about.
func about[In, Out any](s engine.Step[In, Out], label string) engine.Step[In, Out] {
	return s.With(engine.CallOptions{Label: label})
}

func readOnly[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{ReadOnly: true, Timeout: callTimeout}
}

// reread is readOnly for what people repair when a run has failed because of it: a
// redrive looks again.
func reread[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{ReadOnly: true, Reread: true, Timeout: callTimeout}
}

func withEffects[In any]() engine.StepOptions[In] {
	return engine.StepOptions[In]{Timeout: callTimeout}
}
