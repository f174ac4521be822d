package readmodel

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// The numbers of states in the tables are the indexes in these lists. They are
// stored: a new state goes to the end.
var (
	executionStates = []workflow.ExecutionState{"", workflow.Pending, workflow.Running, workflow.Paused, workflow.Parked,
		workflow.Cancelling, workflow.Compensating, workflow.Completed, workflow.Failed, workflow.Cancelled}
	stepStates = []workflow.StepState{"", workflow.StepRunning, workflow.StepRetrying, workflow.StepParked,
		workflow.StepCompleted, workflow.StepFailed}
)

// codeOf returns the number of a state, which is -1 for one that does not exist.
func codeOf[S comparable](states []S, state S) int64 { return int64(slices.Index(states, state)) }

// stateOf returns the state with a number, which is "" for one that does not
// exist.
func stateOf[S ~string](states []S, code int64) string {
	if code < 0 || code >= int64(len(states)) {
		return ""
	}
	return string(states[code])
}
