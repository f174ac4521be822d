package workflow

import (
	"encoding/json"
	"time"
)

// Definition is a workflow: what a user asked to have done, by a kind
// (Type), with a configuration. It changes by new versions only; executions
// stay with the version they began with.
type Definition struct {
	ID        ID                `json:"id" doc:"Opaque id of the workflow" example:"wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	Name      string            `json:"name"`
	Type      string            `json:"type" doc:"Kind of workflow" example:"airtable_sync"`
	Version   int               `json:"version" doc:"Newest version, also the ETag"`
	State     DefinitionState   `json:"state" enum:"active,paused,archived"`
	Config    json.RawMessage   `json:"config" doc:"Configuration of the newest version; secrets read as references"`
	Labels    map[string]string `json:"labels,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	Warnings  []Problem         `json:"warnings,omitempty" doc:"Options that are accepted and have no effect yet"`
}

// Version is one immutable version of a workflow.
type Version struct {
	Workflow  ID                `json:"workflow"`
	Number    int               `json:"number"`
	Name      string            `json:"name"`
	Config    json.RawMessage   `json:"config"`
	Labels    map[string]string `json:"labels,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	CreatedBy PrincipalID       `json:"created_by"`
}

// Trigger says what started an execution: "api", "schedule", "webhook",
// "workflow", and the key by which that source knows it.
type Trigger struct {
	Type string `json:"type" example:"api"`
	Key  string `json:"key,omitempty"`
}

// Failure is why an execution or a step failed or waits, as its error was
// classified where it was first seen.
type Failure struct {
	Class   string          `json:"class" example:"validation"`
	Code    string          `json:"code,omitempty"`
	Message string          `json:"message"`
	Step    string          `json:"step,omitempty"`
	Path    string          `json:"path,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
}

// Parking says why an execution is parked, where, and what makes it go on.
type Parking struct {
	Reason     string    `json:"reason" enum:"nondeterministic,function_broken,compensation_stuck,needs_reauth,outcome_unknown,quota_exhausted,storage_full" example:"needs_reauth"`
	Step       string    `json:"step,omitempty"`
	Path       string    `json:"path,omitempty"`
	Generation int       `json:"generation,omitempty" doc:"That the path belongs to; absent: 1"`
	Label      string    `json:"label,omitempty" doc:"What the step is about, such as a table"`
	Error      *Failure  `json:"error,omitempty"`
	Fix        string    `json:"fix" doc:"What makes it go on, in plain words"`
	Since      time.Time `json:"since"`
}

// Execution is one run of one version of a workflow.
type Execution struct {
	ID              ExecutionID     `json:"id"`
	Workflow        ID              `json:"workflow"`
	WorkflowVersion int             `json:"workflow_version,omitempty" doc:"Absent while it waits to be started with the newest version"`
	Type            string          `json:"type" doc:"Kind of workflow"`
	State           ExecutionState  `json:"state" enum:"pending,running,paused,parked,cancelling,compensating,completed,failed,cancelled"`
	Trigger         Trigger         `json:"trigger"`
	RunAs           PrincipalID     `json:"run_as,omitempty" doc:"With whose rights it runs"`
	Input           json.RawMessage `json:"input,omitempty"`
	Output          json.RawMessage `json:"output,omitempty"`
	Error           *Failure        `json:"error,omitempty"`
	Parked          *Parking        `json:"parked,omitempty"`
	Progress        *Progress       `json:"progress,omitempty"`
	StepsCompleted  int             `json:"steps_completed"`
	StepsFailed     int             `json:"steps_failed"`
	Retries         int             `json:"retries"`
	Priority        int             `json:"priority,omitempty"`
	Generation      int             `json:"generation,omitempty" doc:"Grows when the execution continues with a fresh history; absent: 1"`
	Parent          *Parent         `json:"parent,omitempty" doc:"The execution that waits for this one"`
	Origin          *Origin         `json:"origin,omitempty" doc:"The failed execution that this one takes over from"`
	SupersededBy    ExecutionID     `json:"superseded_by,omitempty" doc:"The execution that took over from this one"`
	DiscardedAt     *time.Time      `json:"discarded_at,omitempty" doc:"When its redrive was given up"`
	Waiting         *Waiting        `json:"waiting,omitempty" doc:"What it waits for, if it waits for a signal"`
	CreatedAt       time.Time       `json:"created_at"`
	StartedAt       *time.Time      `json:"started_at,omitempty"`
	EndedAt         *time.Time      `json:"ended_at,omitempty"`
}

// Parent is the execution that a child was started by, and the call that waits.
type Parent struct {
	Execution  ExecutionID `json:"execution"`
	Generation int         `json:"generation"`
	Path       string      `json:"path"`
}

// Origin is the failed execution that a redrive takes over from.
type Origin struct {
	Execution  ExecutionID `json:"execution"`
	Generation int         `json:"generation,omitempty"`
	Fresh      bool        `json:"fresh,omitempty" doc:"Nothing was taken over, because the input is another one"`
}

// Waiting is what an execution waits for.
type Waiting struct {
	Name  string     `json:"name" doc:"The signal; several are separated by commas"`
	Until *time.Time `json:"until,omitempty"`
}

// Step is one step of an execution. A read-only step appears when it has ended.
type Step struct {
	Path       string     `json:"path" doc:"Position in the execution" example:"4.17.2"`
	Generation int        `json:"generation,omitempty" doc:"That the path belongs to; absent: 1"`
	Label      string     `json:"label,omitempty" doc:"What the call is about, such as a table" example:"Contacts"`
	Name       string     `json:"name" example:"airtable_sync/write_batch"`
	State      StepState  `json:"state" enum:"running,retrying,parked,completed,failed"`
	Attempt    int        `json:"attempt"`
	ReadOnly   bool       `json:"read_only,omitempty"`
	Error      *Failure   `json:"error,omitempty" doc:"Last error, also of an attempt that was repeated"`
	NextAt     *time.Time `json:"next_at,omitempty" doc:"When the next attempt starts"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

// Event is one thing that happened, as subscribers see it. Its position
// orders all events of the store and is the id of a Server-Sent Event.
type Event struct {
	Position  int64           `json:"position"`
	ID        string          `json:"id"`
	Type      string          `json:"type" example:"execution.step_completed"`
	Time      time.Time       `json:"time"`
	Execution ExecutionID     `json:"execution,omitempty"`
	Workflow  ID              `json:"workflow,omitempty"`
	Actor     Actor           `json:"actor"`
	Data      json.RawMessage `json:"data"`
}

// Actor is who caused an event.
type Actor struct {
	Type string `json:"kind" example:"principal"`
	ID   string `json:"id,omitempty"`
}

// Progress is how far an execution says it has come: the last word of a side
// channel, never part of its history.
type Progress struct {
	Message   string         `json:"message,omitempty"`
	Done      int64          `json:"done"`
	Total     int64          `json:"total" doc:"0: not known"`
	Items     []ProgressItem `json:"items,omitempty"`
	UpdatedAt time.Time      `json:"updated_at"`
}

// ProgressReport is the last progress that an execution reported.
type ProgressReport struct {
	Key      ExecutionKey
	Progress Progress
}

// ProgressItem is the progress of one part, such as one table.
type ProgressItem struct {
	Name  string `json:"name"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// Metrics are the figures of one workflow since its creation.
type Metrics struct {
	Workflow    ID               `json:"workflow"`
	Executions  map[string]int64 `json:"executions" doc:"Executions by state, all states present"`
	Total       int64            `json:"total"`
	SuccessRate *float64         `json:"success_rate,omitempty" doc:"completed / (completed + failed); absent before the first end"`
	Duration    Durations        `json:"duration" doc:"From start to end, of ended executions"`
	Steps       StepCounts       `json:"steps"`
	Errors      map[string]int64 `json:"errors" doc:"Failed steps, failed attempts and failed executions by class"`
	LagEvents   int64            `json:"lag_events" doc:"Events not yet counted here"`
	LagSeconds  float64          `json:"lag_seconds"`
}

// Durations is a distribution of durations with fixed buckets.
type Durations struct {
	Count   int64    `json:"count"`
	Sum     float64  `json:"sum_seconds"`
	Min     float64  `json:"min_seconds"`
	Max     float64  `json:"max_seconds"`
	P50     float64  `json:"p50_seconds" doc:"Estimated from the buckets"`
	P95     float64  `json:"p95_seconds"`
	P99     float64  `json:"p99_seconds"`
	Buckets []Bucket `json:"buckets"`
}

// Bucket counts the durations up to and including UpTo seconds; the last
// bucket has no bound (UpTo 0).
type Bucket struct {
	UpTo  float64 `json:"up_to_seconds"`
	Count int64   `json:"count"`
}

// StepCounts counts what happened to steps.
type StepCounts struct {
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	Retried   int64 `json:"retried"`
}

// HealthStatus sums up whether a workflow does its job.
type HealthStatus string

// The values of a health status.
const (
	Healthy   HealthStatus = "healthy"
	Degraded  HealthStatus = "degraded"  // works, but somebody should look
	Unhealthy HealthStatus = "unhealthy" // does not do its job
	Unknown   HealthStatus = "unknown"   // has never ended
)

// Health is the state of one workflow with the reasons and their fixes.
type Health struct {
	Workflow            ID              `json:"workflow"`
	Status              HealthStatus    `json:"status" enum:"healthy,degraded,unhealthy,unknown"`
	State               DefinitionState `json:"state" enum:"active,paused,archived"`
	Reasons             []HealthReason  `json:"reasons,omitempty"`
	ConsecutiveFailures int             `json:"consecutive_failures"`
	LastEnds            []LastEnd       `json:"last_ends,omitempty" doc:"Newest first"`
	Open                int             `json:"open"`
	Pending             int             `json:"pending"`
	LagEvents           int64           `json:"lag_events"`
	LagSeconds          float64         `json:"lag_seconds"`
}

// HealthReason is one thing that is wrong and what puts it right.
type HealthReason struct {
	Code      string      `json:"code"`
	Detail    string      `json:"detail"`
	Fix       string      `json:"fix,omitempty"`
	Execution ExecutionID `json:"execution,omitempty"`
}

// LastEnd is how one of the last executions ended.
type LastEnd struct {
	Execution ExecutionID    `json:"execution"`
	State     ExecutionState `json:"state" enum:"completed,failed,cancelled"`
	At        time.Time      `json:"at"`
	Error     *Failure       `json:"error,omitempty"`
}

// Key is a service key as it may be shown: never its secret.
type Key struct {
	ID        KeyID        `json:"id"`
	Name      string       `json:"name"`
	Principal PrincipalID  `json:"principal"`
	Scopes    []Permission `json:"scopes"`
	CreatedAt time.Time    `json:"created_at"`
	CreatedBy PrincipalID  `json:"created_by,omitempty"`
	ExpiresAt time.Time    `json:"expires_at"`
	RevokedAt *time.Time   `json:"revoked_at,omitempty"`
	LastUsed  *time.Time   `json:"last_used,omitempty" doc:"To the minute, since the server's start"`
}

// Page is one page of a list. Next is the cursor of the following page, ""
// at the end; it is opaque and fits only the list it came from.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// Pulse is what a health report is made from.
type Pulse struct {
	State         DefinitionState
	InARow        int // failures since the last success
	Ends          []LastEnd
	Open, Pending int
	Parked        []Execution
}

// StartedBy is what execution.created says beside the engine's own words: who and what
// started it.
type StartedBy struct {
	Trigger Trigger     `json:"trigger"`
	RunAs   PrincipalID `json:"run_as,omitempty"`
}
