package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func executionCommands(s *State) *cobra.Command {
	return connected(group("executions", "Look at executions and steer them",
		executionVerb(s, "get", "Show an execution", (*client.Client).Execution),
		executionWatch(s),
		executionVerb(s, "cancel", "Cancel an execution: the step in flight ends, then what must be undone is undone", (*client.Client).CancelExecution),
		executionVerb(s, "pause", "Pause an execution at its next step", (*client.Client).PauseExecution),
		executionVerb(s, "resume", "Let a paused or parked execution go on", (*client.Client).ResumeExecution)))
}

func executionVerb(s *State, verb, short string, do func(*client.Client, context.Context, workflow.ExecutionID) (workflow.Execution, error)) *cobra.Command {
	return &cobra.Command{
		Use: verb + " EXECUTION", Short: short, Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			e, err := do(k.Client, c.Context(), workflow.ExecutionID(args[0]))
			if err != nil {
				return err
			}
			return k.printExecution(e)
		}),
	}
}

func executionWatch(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "watch EXECUTION", Short: "Follow an execution to its end", Args: cobra.ExactArgs(1),
		Long: "Follow an execution to its end, from wherever it stands, also across a restart of the server.",
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			return k.watch(c.Context(), workflow.ExecutionID(args[0]))
		}),
	}
}
