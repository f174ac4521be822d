// Package readmodel keeps what the orchestrator shows: workflows, executions,
// their steps and figures per workflow, as rows folded from the events of the
// store. It decides nothing and writes no event.
//
// It has three sides that meet in the rows:
//   - the fold: [Model] declares a projection (package projection follows the
//     store, keeps the checkpoint and rebuilds). fold.go loads the rows that an event
//     needs; what the event makes of them is decided without I/O in
//     fold_workflow.go, fold_execution.go, fold_step.go and figures.go.
//   - the queries: lists, single executions, figures.
//   - progress, which is not folded from events and survives a rebuild.
package readmodel
