package workflow

// DefinitionState is whether a workflow takes new starts.
type DefinitionState string

// The states of a workflow.
const (
	Active   DefinitionState = "active"
	Halted   DefinitionState = "paused"   // no new starts, open executions pause at their next step
	Archived DefinitionState = "archived" // for ever: readable, not startable
)

// ExecutionState is where an execution stands in its life.
type ExecutionState string

// The states of an execution. The last three are ends and never change again.
const (
	Pending      ExecutionState = "pending" // accepted, waits for a free place
	Running      ExecutionState = "running"
	Paused       ExecutionState = "paused"
	Parked       ExecutionState = "parked" // cannot go on until its reason is gone
	Cancelling   ExecutionState = "cancelling"
	Compensating ExecutionState = "compensating"
	Completed    ExecutionState = "completed"
	Failed       ExecutionState = "failed"
	Cancelled    ExecutionState = "cancelled"
)

// ExecutionStates lists all states in the order of a life.
func ExecutionStates() []ExecutionState {
	return []ExecutionState{Pending, Running, Paused, Parked, Cancelling, Compensating, Completed, Failed, Cancelled}
}

// Ended reports whether s is one of the three ends.
func (s ExecutionState) Ended() bool { return s == Completed || s == Failed || s == Cancelled }

// StepState is where a step of an execution stands.
type StepState string

// The states of a step.
const (
	StepRunning   StepState = "running"
	StepRetrying  StepState = "retrying" // waits for its next attempt
	StepParked    StepState = "parked"
	StepCompleted StepState = "completed"
	StepFailed    StepState = "failed"
)

// Reasons why an execution is parked.
const (
	ReasonNondeterministic  = "nondeterministic"
	ReasonCompensationStuck = "compensation_stuck"
	ReasonNeedsReauth       = "needs_reauth"
	ReasonOutcomeUnknown    = "outcome_unknown"
	ReasonQuotaExhausted    = "quota_exhausted"
	ReasonStorageFull       = "storage_full"
)

// FixFor says in plain words what makes a parked execution go on.
func FixFor(reason string) string {
	switch reason {
	case ReasonNondeterministic:
		return "the program changed under an open execution: start a build whose workflow function fits the recorded steps, then resume; or cancel"
	case ReasonCompensationStuck:
		return "an undo cannot succeed: repair what its error names, then resume"
	case ReasonNeedsReauth:
		return "a credential was refused: put a valid one into the workflow's configuration (PUT), then resume"
	case ReasonOutcomeUnknown:
		return "nobody knows whether the step had its effect: look at the other system, then answer done, not done or fail"
	case ReasonQuotaExhausted:
		return "the monthly quota of the other system is used up: it goes on by itself on the 1st (UTC); raise the quota and resume to go on now"
	case ReasonStorageFull:
		return "a disk of the server is full: free space on the one that the error names; it is tried again by itself every few minutes, or resume to go on now"
	}
	return "look at the error, repair its cause, then resume; or cancel"
}
