package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func (k *call) printWorkflow(d workflow.Definition) error {
	return k.print(d, func(w io.Writer) {
		output.Row(w, "id", d.ID)
		output.Row(w, "name", d.Name)
		output.Row(w, "type", d.Type)
		output.Row(w, "version", d.Version)
		output.Row(w, "state", d.State)
		output.Row(w, "updated", output.Time(d.UpdatedAt))
		for _, p := range d.Warnings {
			output.Row(w, "warning", p.Pointer+": "+p.Detail)
		}
	})
}

func (k *call) printExecution(e workflow.Execution) error {
	return k.print(e, func(w io.Writer) {
		output.Row(w, "id", e.ID)
		output.Row(w, "workflow", fmt.Sprintf("%s version %d", e.Workflow, e.WorkflowVersion))
		output.Row(w, "state", e.State)
		output.Row(w, "created", output.Time(e.CreatedAt))
		output.Row(w, "ended", output.TimeOrDash(e.EndedAt))
		output.Row(w, "steps completed / failed / retries", fmt.Sprintf("%d / %d / %d", e.StepsCompleted, e.StepsFailed, e.Retries))
		if p := e.Progress; p != nil && !e.State.Ended() {
			output.Row(w, "progress", output.Amount(p.Message, p.Done, p.Total))
			for _, item := range p.Items {
				output.Row(w, "  "+item.Name, output.Amount("", item.Done, item.Total))
			}
		}
		parkedRows(w, e)
		if e.Error != nil {
			output.Row(w, "error", e.Error.Message)
		}
		if len(e.Output) > 0 {
			output.Row(w, "output", string(e.Output))
		}
	})
}

func parkedRows(w io.Writer, e workflow.Execution) {
	if e.Parked == nil || e.State != workflow.Parked {
		return
	}
	output.Row(w, "parked", strings.TrimSpace(e.Parked.Reason+" "+e.Parked.Step+" "+e.Parked.Path))
	if e.Parked.Error != nil {
		output.Row(w, "because", e.Parked.Error.Message)
	}
	output.Row(w, "fix", e.Parked.Fix)
}
