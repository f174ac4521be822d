package readmodel

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func (r *workflowRow) definition() workflow.Definition {
	d := workflow.Definition{ID: workflow.ID(r.id), Name: r.name, Type: r.kind, Version: int(r.version), State: workflow.DefinitionState(r.state),
		Config: json.RawMessage(r.config), CreatedAt: at(r.created), UpdatedAt: at(r.updated)}
	if r.labels != "" {
		_ = json.Unmarshal([]byte(r.labels), &d.Labels) // written by this package from a valid event
	}
	return d
}

func (r *executionRow) execution() workflow.Execution {
	e := workflow.Execution{ID: workflow.ExecutionID(r.id), Workflow: workflow.ID(r.workflow), WorkflowVersion: int(r.version), Type: r.kind,
		State: workflow.ExecutionState(r.state), Trigger: workflow.Trigger{Type: r.triggerType, Key: r.triggerKey}, RunAs: workflow.PrincipalID(r.runAs),
		Input: r.shown(r.input, true), Output: r.shown(r.output, r.state == string(workflow.Completed)), Error: failureOf(r.failure), StepsCompleted: int(r.stepsCompleted),
		StepsFailed: int(r.stepsFailed), Retries: int(r.retry), CreatedAt: at(r.created), StartedAt: maybe(r.started), EndedAt: maybe(r.ended),
		Priority: int(r.priority), Generation: r.more.Generation, Parent: r.more.Parent, Origin: r.more.Origin, Waiting: r.more.Waiting,
		SupersededBy: workflow.ExecutionID(r.more.SupersededBy), DiscardedAt: maybe(r.more.DiscardedAt)}
	if r.parked != "" {
		e.Parked = parkingOf(r.parked)
	}
	return e
}

// shown returns an input or output as people see it: absent stands for {}, and
// what is stored apart or private is not shown.
func (r *executionRow) shown(value string, there bool) json.RawMessage {
	switch {
	case r.flags&flagPrivate != 0 || !there:
		return nil
	case value == "":
		return json.RawMessage(`{}`)
	}
	if _, apart := workflow.PayloadRef(json.RawMessage(value)); apart {
		return nil
	}
	return json.RawMessage(value)
}

func parkingOf(raw string) *workflow.Parking {
	var p parkedRow
	_ = json.Unmarshal([]byte(raw), &p) // written by this package
	return &workflow.Parking{Reason: p.Reason, Step: p.Step, Path: p.Path, Generation: p.Generation, Label: p.Label, Error: failureOf(string(p.Error)), Fix: workflow.FixFor(p.Reason), Since: at(p.Since)}
}

func (r *stepRow) step() workflow.Step {
	return workflow.Step{Path: r.path, Generation: shownGeneration(r.generation), Label: r.label, Name: r.name, State: workflow.StepState(r.state), Attempt: int(r.attempt), ReadOnly: r.readOnly != 0,
		Error: failureOf(r.failure), NextAt: maybe(r.nextAt), StartedAt: maybe(r.startedAt), EndedAt: maybe(r.endedAt)}
}

// shownGeneration leaves out the first.
func shownGeneration(n int64) int {
	if n <= 1 {
		return 0
	}
	return int(n)
}

func failureOf(raw string) *workflow.Failure {
	if raw == "" || raw == "null" {
		return nil
	}
	f := &workflow.Failure{}
	_ = json.Unmarshal([]byte(raw), f) // an event that the store accepted
	return f
}
