package workflow

// DefinitionState is whether a workflow takes new starts.
type DefinitionState string

// The states of a workflow.
const (
	Active   DefinitionState = "active"
	Halted   DefinitionState = "paused"   // no new starts, open executions pause at their next step
	Archived DefinitionState = "archived" // permanently: it can be read, but not started
)

// ExecutionState is the stage of its life that an execution is in.
type ExecutionState string

// The states of an execution. The last three are final.
const (
	Pending      ExecutionState = "pending" // accepted, waiting for a free place
	Running      ExecutionState = "running"
	Paused       ExecutionState = "paused"
	Parked       ExecutionState = "parked" // cannot continue until the cause is removed
	Cancelling   ExecutionState = "cancelling"
	Compensating ExecutionState = "compensating"
	Completed    ExecutionState = "completed"
	Failed       ExecutionState = "failed"
	Cancelled    ExecutionState = "cancelled"
)

// ExecutionStates lists all states, in the order in which they usually occur.
func ExecutionStates() []ExecutionState {
	return []ExecutionState{Pending, Running, Paused, Parked, Cancelling, Compensating, Completed, Failed, Cancelled}
}

// Ended reports whether s is one of the three final states.
func (s ExecutionState) Ended() bool { return s == Completed || s == Failed || s == Cancelled }

// StepState is the state of a step of an execution.
type StepState string

// The states of a step.
const (
	StepRunning   StepState = "running"
	StepRetrying  StepState = "retrying" // waiting for its next attempt
	StepParked    StepState = "parked"
	StepCompleted StepState = "completed"
	StepFailed    StepState = "failed"
)

// The reasons for parking an execution.
const (
	ReasonNondeterministic  = "nondeterministic"
	ReasonFunctionBroken    = "function_broken"
	ReasonCompensationStuck = "compensation_stuck"
	ReasonNeedsReauth       = "needs_reauth"
	ReasonOutcomeUnknown    = "outcome_unknown"
	ReasonQuotaExhausted    = "quota_exhausted"
	ReasonStorageFull       = "storage_full"
)

// parkings are all reasons with what puts them right.
var parkings = []struct{ reason, fix string }{
	{ReasonNondeterministic, "the program changed while the execution was open: start a build whose workflow function matches the recorded steps, then resume; or cancel"},
	{ReasonFunctionBroken, "the workflow function has a fault, such as a panic, which the error names: start a build that mends it, then resume; or cancel, which undoes nothing"},
	{ReasonCompensationStuck, "an undo cannot succeed: fix what its error names, then resume"},
	{ReasonNeedsReauth, "a credential was refused: put a valid one into the workflow's configuration (PUT), then resume"},
	{ReasonOutcomeUnknown, "it is unknown whether the step took effect: check the other system, then answer done, not_done or fail"},
	{ReasonQuotaExhausted, "the monthly quota of the other system is used up: the execution continues by itself on the 1st (UTC); to continue now, raise the quota and resume"},
	{ReasonStorageFull, "a disk of the server is full: free space on the disk that the error names; the step is retried every few minutes, or resume to continue now"},
}

// ParkReasons lists the reasons for parking an execution.
func ParkReasons() []string {
	var all []string
	for _, p := range parkings {
		all = append(all, p.reason)
	}
	return all
}

// FixFor says in plain words how to get a parked execution going again.
func FixFor(reason string) string {
	for _, p := range parkings {
		if p.reason == reason {
			return p.fix
		}
	}
	return "look at the error, fix its cause, then resume; or cancel"
}
