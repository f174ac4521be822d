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
	return connected(group("executions", "Show and control executions",
		executionGet(s),
		executionSteps(s),
		executionRows(s),
		executionWatch(s),
		executionVerb(s, "cancel", "Cancel an execution: running steps finish, then what must be undone is undone", (*client.Client).CancelExecution),
		executionVerb(s, "pause", "Pause an execution at its next step", (*client.Client).PauseExecution),
		executionVerb(s, "resume", "Resume a paused or parked execution, or try at once what waits for a retry", (*client.Client).ResumeExecution),
		executionAnswer(s),
		executionSignal(s),
		executionRedrive(s),
		executionVerb(s, "discard", "Give up redriving a failed execution and delete what was kept for it", (*client.Client).DiscardExecution)))
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
		Long: "Follow an execution from its current state to its end, even if the server restarts in between.",
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			return watch(c.Context(), k, workflow.ExecutionID(args[0]))
		}),
	}
}

func executionAnswer(s *State) *cobra.Command {
	var a client.Answer
	var result string
	c := &cobra.Command{
		Use: "answer EXECUTION --path PATH --verdict done|not_done|fail", Short: "Say what happened to a step whose outcome is unknown", Args: cobra.ExactArgs(1),
		Long:    "Say what you found in the other system about a parked step, so that the execution can continue: the step took effect (done), it did not and should be tried again (not_done), or it should be given up (fail).",
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
	c.Flags().IntVar(&a.Generation, "generation", 0, "generation that the path belongs to; the current one if left out")
	c.Flags().StringVar(&a.Verdict, "verdict", "", "done, not_done or fail")
	c.Flags().StringVar(&result, "result", "", "with done: what the step would have returned, as JSON; {} if left out")
	c.Flags().StringVar(&a.Message, "message", "", "with fail: why")
	required(c, "path")
	required(c, "verdict")
	return c
}
