package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func workflowExecutions(s *State) *cobra.Command {
	var l client.List
	c := &cobra.Command{
		Use: "executions WORKFLOW", Short: "List the executions of a workflow, newest first", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			page, err := k.Executions(c.Context(), workflow.ID(args[0]), l)
			if err != nil {
				return err
			}
			return k.print(page, func(w io.Writer) {
				output.Row(w, "ID", "STATE", "VERSION", "STEPS", "CREATED", "ENDED")
				for _, e := range page.Items {
					output.Row(w, e.ID, e.State, versionOf(e), e.StepsCompleted, output.Time(e.CreatedAt), output.TimeOrDash(e.EndedAt))
				}
				output.More(w, page.Next)
			})
		}),
	}
	c.Flags().StringVar(&l.State, "state", "", "only this state")
	paged(c, &l)
	return c
}

func workflowVersions(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "versions WORKFLOW", Short: "List the versions of a workflow, oldest first", Args: cobra.ExactArgs(1),
		Long: "List the versions of a workflow, oldest first. With --output json each has its configuration.",
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			page, err := k.Versions(c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			return k.print(page, func(w io.Writer) {
				output.Row(w, "VERSION", "NAME", "CREATED", "BY")
				for _, v := range page.Items {
					output.Row(w, v.Number, v.Name, output.Time(v.CreatedAt), v.CreatedBy)
				}
			})
		}),
	}
}

func workflowMetrics(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "metrics WORKFLOW", Short: "Show the figures of a workflow since its creation", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			m, err := k.Metrics(c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			return k.print(m, func(w io.Writer) { metricsTable(w, m) })
		}),
	}
}

func metricsTable(w io.Writer, m workflow.Metrics) {
	output.Row(w, "executions", m.Total)
	for _, state := range workflow.ExecutionStates() {
		if n := m.Executions[string(state)]; n > 0 {
			output.Row(w, "  "+string(state), n)
		}
	}
	if m.SuccessRate != nil {
		output.Row(w, "success rate", fmt.Sprintf("%.1f %%", *m.SuccessRate*100))
	}
	if m.Duration.Count > 0 {
		output.Row(w, "duration p50 / p95 / p99", strings.Join([]string{output.Seconds(m.Duration.P50), output.Seconds(m.Duration.P95), output.Seconds(m.Duration.P99)}, " / "))
	}
	output.Row(w, "steps completed / failed / retried", fmt.Sprintf("%d / %d / %d", m.Steps.Completed, m.Steps.Failed, m.Steps.Retried))
	for _, class := range slices.Sorted(maps.Keys(m.Errors)) {
		output.Row(w, "errors "+class, m.Errors[class])
	}
}

func workflowHealth(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "health WORKFLOW", Short: "Show whether a workflow does its job, and what to do if not", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			h, err := k.Health(c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			return k.print(h, func(w io.Writer) {
				output.Row(w, "status", h.Status)
				output.Row(w, "state", h.State)
				output.Row(w, "open / pending", fmt.Sprintf("%d / %d", h.Open, h.Pending))
				for _, r := range h.Reasons {
					output.Row(w, r.Code, r.Detail+"; "+r.Fix)
				}
			})
		}),
	}
}
