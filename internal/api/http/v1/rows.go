package v1

import (
	"context"
	"net/http"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Rows shows what executions did about single rows. *outcome.Reader is the real
// one.
type Rows interface {
	Rows(ctx context.Context, c workflow.Caller, q outcome.RowsRequest) (workflow.Page[workflow.RowOutcome], error)
	Counts(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.RowCounts, error)
}

// rows is what happened to single rows of other systems in an execution.
type rows struct{ rows Rows }

func (h rows) mount(api *kit.API) {
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions/{id}/rows", ID: "list-execution-rows", Tag: tagExecutions,
		Summary: "List what happened to single rows",
		About: "Which records of the other system were deleted, or not written, or not completely, and why, in the order in which it happened. " +
			"The first 10,000 of an execution are listed; the counts have all. A redrive lists what it did itself; what it took over is listed under its origin."}, h.list)
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions/{id}/rows/counts", ID: "count-execution-rows", Tag: tagExecutions,
		Summary: "Count what happened to single rows", About: "By table, what happened, and code; also those that are not listed, and those whose list has expired."}, h.counts)
}

type rowsIn struct {
	executionPath
	longPageQuery
	Table string `query:"table" minLength:"1" maxLength:"200" doc:"Only this table"`
	What  string `query:"what" minLength:"1" maxLength:"200" doc:"Only what this happened to" example:"reduced"`
	Code  string `query:"code" minLength:"1" maxLength:"200" doc:"Only with this reason" example:"open_links"`
}

func (h rows) list(ctx context.Context, c workflow.Caller, in *rowsIn) (*kit.Reply[workflow.Page[workflow.RowOutcome]], error) {
	after, err := positionOf(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := h.rows.Rows(ctx, c, outcome.RowsRequest{Execution: in.ID, Table: in.Table, What: in.What, Code: in.Code, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	if page.Next != "" {
		page.Next = cursorOf(page.Items[len(page.Items)-1].Number)
	}
	return pageOf(page, nil)
}

func (h rows) counts(ctx context.Context, c workflow.Caller, in *executionPath) (*kit.Reply[workflow.RowCounts], error) {
	return kit.ReplyOf(h.rows.Counts(ctx, c, in.ID))
}
