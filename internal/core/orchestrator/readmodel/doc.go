// Package readmodel keeps what the orchestrator shows: workflows, executions,
// their steps and figures per workflow, as rows folded from the events of the
// store. Its checkpoint commits with its rows; Rebuild makes the same rows
// again from the first event. It decides nothing and writes no event.
package readmodel
