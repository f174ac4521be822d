package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func executionSteps(s *State) *cobra.Command {
	var l client.List
	c := &cobra.Command{
		Use: "steps EXECUTION", Short: "List the steps of an execution, in the order in which they began", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			page, err := k.Steps(c.Context(), workflow.ExecutionID(args[0]), l)
			if err != nil {
				return err
			}
			return k.print(page, func(w io.Writer) {
				output.Row(w, "PATH", "STEP", "STATE", "ATTEMPT", "LABEL")
				for _, step := range page.Items {
					output.Row(w, pathOf(step.Path, step.Generation), step.Name, step.State, step.Attempt, step.Label)
				}
				output.More(w, page.Next)
			})
		}),
	}
	c.Flags().StringVar(&l.Cursor, "cursor", "", "where the page before ended")
	c.Flags().IntVar(&l.Limit, "limit", 0, "steps per page, at most 1000")
	return c
}

// pathOf says a path together with its generation, if that is not the first.
func pathOf(path string, generation int) string {
	if generation <= 1 {
		return path
	}
	return fmt.Sprintf("%s (generation %d)", path, generation)
}
