package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/input"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func executionCommands(s *State) *cobra.Command {
	return connected(group("executions", "Look at executions and steer them",
		executionGet(s),
		executionSteps(s),
		executionRows(s),
		executionWatch(s),
		executionVerb(s, "cancel", "Cancel an execution: the step in flight ends, then what must be undone is undone", (*client.Client).CancelExecution),
		executionVerb(s, "pause", "Pause an execution at its next step", (*client.Client).PauseExecution),
		executionVerb(s, "resume", "Let a paused or parked execution go on", (*client.Client).ResumeExecution),
		executionAnswer(s),
		executionSignal(s),
		executionRedrive(s),
		executionVerb(s, "discard", "Give up the redrive of a failed execution: what it has kept for it is deleted", (*client.Client).DiscardExecution)))
}

func executionGet(s *State) *cobra.Command {
	c := executionVerb(s, "get", "Show an execution", (*client.Client).Execution)
	c.Aliases = []string{"show"}
	return c
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
			return watch(c.Context(), k, workflow.ExecutionID(args[0]))
		}),
	}
}

func executionAnswer(s *State) *cobra.Command {
	var a client.Answer
	var result string
	c := &cobra.Command{
		Use: "answer EXECUTION --path PATH --verdict done|not_done|fail", Short: "Say what became of a step whose outcome is unknown", Args: cobra.ExactArgs(1),
		Long:    "Say what you found in the other system about a parked step, so that the execution goes on: it had its effect (done), it had none and is to be tried again (not_done), or it is to be given up (fail).",
		Example: `  pyairtable-workflows executions answer ex_… --path 4.17.2 --verdict done --result '{"id":"rec0000000000001A"}'`,
		RunE: on(s, func(c *cobra.Command, k *call, args []string) (err error) {
			if c.Flags().Changed("generation") && a.Generation < 1 {
				return WithCode(errors.New("--generation counts from 1; leave it out for the current one"), ExitInput)
			}
			if c.Flags().Changed("result") {
				if a.Result, err = input.Argument("--result", result); err != nil {
					return WithCode(err, ExitInput)
				}
			}
			e, err := k.AnswerExecution(c.Context(), workflow.ExecutionID(args[0]), a)
			if err != nil {
				return err
			}
			return k.printExecution(e)
		}),
	}
	c.Flags().StringVar(&a.Path, "path", "", "path of the parked step, as executions get shows it")
	c.Flags().IntVar(&a.Generation, "generation", 0, "generation that the path belongs to; without it the current one")
	c.Flags().StringVar(&a.Verdict, "verdict", "", "done, not_done or fail")
	c.Flags().StringVar(&result, "result", "", "what the step would have returned, as JSON, for done; without it {}")
	c.Flags().StringVar(&a.Message, "message", "", "why, for fail")
	required(c, "path")
	required(c, "verdict")
	return c
}
