package readmodel

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// scanner is a row of a query.
type scanner interface{ Scan(dest ...any) error }

// workflowRow is a row of workflows and, beside it, of workflow_figures.
type workflowRow struct {
	seq                       int64
	workspace, id, kind, name string
	state                     string
	version                   int64
	config, labels            string
	created, updated          int64
	figures                   *figures
	changed, recounted        bool
}

// args appends the columns after the workspace.
func (r *workflowRow) args(to []any) []any {
	return append(to, r.seq, r.id, r.kind, r.name, r.state, r.version, r.config, r.labels, r.created, r.updated)
}

// scanWorkflow reads a row of a workspace.
func scanWorkflow(workspace string, row scanner) (*workflowRow, error) {
	r := &workflowRow{workspace: workspace}
	err := row.Scan(&r.seq, &r.id, &r.kind, &r.name, &r.state, &r.version, &r.config, &r.labels, &r.created, &r.updated)
	return r, err
}

// Flags of an execution, from which its state follows.
const (
	flagStarted = 1 << iota
	flagPaused
	flagParked
	flagCancelling
	flagCompensating
	flagPrivate // its input and output are not shown
)

// executionRow is a row of executions. While it is open, openSteps holds its
// steps that have not ended, by path.
type executionRow struct {
	seq                                int64
	workspace, id                      string
	workflowSeq                        int64
	workflow                           string
	version                            int64
	kind, state                        string
	flags, priority                    int64
	triggerType, triggerKey, runAs     string
	input, output, failure, parked     string
	stepsCompleted, stepsFailed, retry int64
	created, started, ended            int64
	more                               moreRow

	openSteps map[string]*stepRow
	changed   bool
}

// args appends the columns after the workspace. Workflow and kind are the
// workflow's.
func (r *executionRow) args(to []any) []any {
	return append(to, r.id, r.seq, r.workflowSeq, r.version, codeOf(executionStates, workflow.ExecutionState(r.state)), r.flags, r.priority,
		r.triggerType, r.triggerKey, r.runAs, r.input, r.output, r.failure, r.parked, r.stepsCompleted, r.stepsFailed, r.retry,
		r.created, r.started, r.ended, r.more.encode())
}

// scanExecution reads a row of a workspace.
func scanExecution(workspace string, row scanner) (*executionRow, error) {
	r := &executionRow{workspace: workspace, openSteps: map[string]*stepRow{}}
	var code int64
	var more string
	err := row.Scan(&r.seq, &r.id, &r.workflowSeq, &r.version, &code, &r.flags, &r.priority,
		&r.triggerType, &r.triggerKey, &r.runAs, &r.input, &r.output, &r.failure, &r.parked, &r.stepsCompleted, &r.stepsFailed, &r.retry,
		&r.created, &r.started, &r.ended, &more, &r.workflow, &r.kind)
	r.state = stateOf(executionStates, code)
	r.more.decode(more)
	return r, err
}

// derive returns the state that the flags amount to.
func (r *executionRow) derive() workflow.ExecutionState {
	switch {
	case r.ended != 0:
		return workflow.ExecutionState(r.state)
	case r.flags&flagParked != 0:
		return workflow.Parked
	case r.flags&flagPaused != 0:
		return workflow.Paused
	case r.flags&flagCompensating != 0:
		return workflow.Compensating
	case r.flags&flagCancelling != 0:
		return workflow.Cancelling
	case r.flags&flagStarted != 0:
		return workflow.Running
	}
	return workflow.Pending
}

// moreRow is what few executions have; its JSON is the column more, empty for
// nothing.
type moreRow struct {
	Root         string            `json:"root,omitempty"` // execution that keys and blobs belong to, if another
	Parent       *workflow.Parent  `json:"parent,omitempty"`
	Origin       *workflow.Origin  `json:"origin,omitempty"`
	SupersededBy string            `json:"superseded_by,omitempty"`
	DiscardedAt  int64             `json:"discarded_at,omitempty"`
	Generation   int               `json:"generation,omitempty"`
	Waiting      *workflow.Waiting `json:"waiting,omitempty"`
}

func (m *moreRow) encode() string {
	if *m == (moreRow{}) {
		return ""
	}
	raw, _ := json.Marshal(m) // strings and numbers always encode
	return string(raw)
}

func (m *moreRow) decode(column string) {
	if column != "" {
		_ = json.Unmarshal([]byte(column), m) // written by encode
	}
}

// parkedRow is the JSON of the parked column.
type parkedRow struct {
	Reason     string          `json:"reason"`
	Step       string          `json:"step,omitempty"`
	Path       string          `json:"path,omitempty"`
	Generation int             `json:"generation,omitempty"` // absent: 1
	Label      string          `json:"label,omitempty"`
	Error      json.RawMessage `json:"error,omitempty"`
	Since      int64           `json:"since"`
}

// stepRow is a row of execution_steps.
type stepRow struct {
	execution, seq             int64
	path, name, label, state   string
	generation                 int64
	attempt, readOnly          int64
	failure                    string
	nextAt, startedAt, endedAt int64
}

func (r *stepRow) args(to []any) []any {
	return append(to, r.execution, r.seq, r.path, r.name, r.label, r.generation, codeOf(stepStates, workflow.StepState(r.state)), r.attempt, r.readOnly, r.failure, r.nextAt, r.startedAt, r.endedAt)
}

func scanStep(row scanner) (*stepRow, error) {
	r := &stepRow{}
	var code int64
	err := row.Scan(&r.execution, &r.seq, &r.path, &r.name, &r.label, &r.generation, &code, &r.attempt, &r.readOnly, &r.failure, &r.nextAt, &r.startedAt, &r.endedAt)
	r.state = stateOf(stepStates, code)
	return r, err
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
