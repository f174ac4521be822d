package cli

import (
	"fmt"
	"io"
	"strconv"
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
		output.Row(w, "workflow", e.Workflow)
		output.Row(w, "version", versionOf(e))
		output.Row(w, "state", e.State)
		relativeRows(w, e)
		output.Row(w, "created", output.Time(e.CreatedAt))
		output.Row(w, "ended", output.TimeOrDash(e.EndedAt))
		output.Row(w, "steps", fmt.Sprintf("%d completed, %d failed, %d retries", e.StepsCompleted, e.StepsFailed, e.Retries))
		if p := e.Progress; p != nil && !e.State.Ended() {
			output.Row(w, "progress", output.Amount(p.Message, p.Done, p.Total))
			for _, item := range p.Items {
				output.Row(w, "  "+item.Name, output.Amount("", item.Done, item.Total))
			}
		}
		waitingRows(w, e)
		if e.Error != nil {
			output.Row(w, "error", e.Error.Message)
		}
		if len(e.Output) > 0 {
			output.Row(w, "output", string(e.Output))
		}
	})
}

// versionOf says which version of its workflow an execution runs; one that has
// ended without having begun never had any.
func versionOf(e workflow.Execution) string {
	switch {
	case e.WorkflowVersion != 0:
		return strconv.Itoa(e.WorkflowVersion)
	case e.State.Ended():
		return "-"
	}
	return "latest"
}

// relativeRows says to which executions this one belongs.
func relativeRows(w io.Writer, e workflow.Execution) {
	if e.Priority != 0 {
		output.Row(w, "priority", e.Priority)
	}
	if e.Generation > 1 {
		output.Row(w, "generation", e.Generation)
	}
	if p := e.Parent; p != nil {
		output.Row(w, "child of", p.Execution)
		output.Row(w, "  at", pathOf(p.Path, p.Generation))
	}
	if o := e.Origin; o != nil {
		output.Row(w, "redrive of", o.Execution)
		if o.Fresh {
			output.Row(w, "", "with another input: nothing is taken over")
		}
	}
	if e.SupersededBy != "" {
		output.Row(w, "superseded by", e.SupersededBy)
	}
	if e.DiscardedAt != nil {
		output.Row(w, "discarded", output.Time(*e.DiscardedAt))
	}
}

// waitingRows says what an execution waits for.
func waitingRows(w io.Writer, e workflow.Execution) {
	if e.Waiting != nil {
		output.Row(w, "waiting for", e.Waiting.Name)
		if e.Waiting.Until != nil {
			output.Row(w, "  until", output.Time(*e.Waiting.Until))
		}
	}
	p := e.Parked
	if p == nil || e.State != workflow.Parked {
		return
	}
	output.Row(w, "parked", p.Reason)
	if p.Step != "" {
		output.Row(w, "  at", strings.TrimSpace(p.Step+" "+pathOf(p.Path, p.Generation)))
	}
	if p.Label != "" {
		output.Row(w, "  label", p.Label)
	}
	if p.Error != nil {
		output.Row(w, "because", p.Error.Message)
	}
	output.Row(w, "fix", p.Fix)
}
