package main

import (
	"context"
	"math"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// list is one list of the API as a caller asks for it, and the query behind it.
type list struct {
	name  string
	call  func(ctx context.Context) (rows int, err error)
	query string // file name without .sql
	args  []any  // of the query
}

// page is the size of a page that nobody has asked for.
const page = 50

// lists are all of them: each filter, and the last page where paging is deep.
func lists(s settings, c *core.Core) []list {
	big, small := workflow.ID(idOf("wf", 0)), workflow.ID(idOf("wf", 1))
	seqOf := func(number int) int64 { return firstSeq + int64(number) }
	executions := func(name string, of workflow.ID, state workflow.ExecutionState, query string, args ...any) list {
		return list{name: name, query: query, args: append(args, string(state), int64(page)), call: func(ctx context.Context) (int, error) {
			got, err := c.Service.Executions(ctx, c.Caller, orchestrator.ExecutionsRequest{Workflow: of, State: state})
			return len(got.Items), err
		}}
	}
	ofAll := func(name string, state workflow.ExecutionState) list {
		return executions(name, "", state, "list_executions", string(c.Caller.Workspace), "ex_z")
	}
	open := func(name string, state workflow.ExecutionState) list {
		return executions(name, "", state, "list_open_executions", string(c.Caller.Workspace), int64(math.MaxInt64))
	}
	ofOne := func(name string, of workflow.ID, number int, state workflow.ExecutionState) list {
		return executions(name, of, state, "list_workflow_executions", seqOf(number), int64(math.MaxInt64))
	}
	return []list{
		ofAll("executions", ""),
		ofAll("executions that completed", workflow.Completed),
		ofAll("executions that failed (1 %)", workflow.Failed),
		ofAll("executions that were cancelled (the 20 oldest)", workflow.Cancelled),
		open("executions that run (300)", workflow.Running),
		open("executions that are parked (40, mostly old)", workflow.Parked),
		open("executions that are compensating (none)", workflow.Compensating),
		ofOne("executions of the large workflow", big, 0, ""),
		ofOne("… that failed (none)", big, 0, workflow.Failed),
		ofOne("… that were cancelled (the 10 oldest)", big, 0, workflow.Cancelled),
		ofOne("… that are parked (none)", big, 0, workflow.Parked),
		ofOne("executions of a small workflow", small, 1, ""),
		ofOne("… that failed", small, 1, workflow.Failed),
		{name: "workflows", query: "list_workflows", args: []any{string(c.Caller.Workspace), "wf_z", "", "", int64(page)}, call: func(ctx context.Context) (int, error) {
			got, err := c.Service.List(ctx, c.Caller, orchestrator.ListRequest{})
			return len(got.Items), err
		}},
		{name: "workflows that are archived (none)", query: "list_workflows", args: []any{string(c.Caller.Workspace), "wf_z", "", string(workflow.Archived), int64(page)}, call: func(ctx context.Context) (int, error) {
			got, err := c.Service.List(ctx, c.Caller, orchestrator.ListRequest{State: workflow.Archived})
			return len(got.Items), err
		}},
		{name: "steps of an execution", query: "list_steps", args: []any{seqOf(0), int64(0), int64(2 * page)}, call: func(ctx context.Context) (int, error) {
			got, err := c.Service.Steps(ctx, c.Caller, orchestrator.StepsRequest{Execution: workflow.ExecutionID(idOf("ex", 0))})
			return len(got.Items), err
		}},
		{name: "one execution", query: "read_execution", args: []any{string(c.Caller.Workspace), idOf("ex", s.executions/2)}, call: func(ctx context.Context) (int, error) {
			_, err := c.Service.Execution(ctx, c.Caller, workflow.ExecutionID(idOf("ex", s.executions/2)))
			return 1, err
		}},
	}
}
