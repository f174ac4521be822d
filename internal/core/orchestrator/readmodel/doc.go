// Package readmodel keeps what the orchestrator shows: workflows, executions,
// their steps and figures per workflow, as rows folded from the events of the
// store. It decides nothing and writes no event.
//
// One projector follows the store. It folds many events in memory and writes
// what they have changed in one transaction, with its checkpoint: an execution
// that starts and ends within one batch costs one row. While nobody waits it
// lets events collect for a moment; whoever waits for a position wakes it.
//
// What events make of the rows depends on the events alone, never on the clock
// or on where a batch ends, so that Rebuild makes the same rows again. Progress
// is not folded from events and survives a rebuild.
package readmodel
