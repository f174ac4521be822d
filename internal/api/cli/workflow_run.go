package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func workflowRun(s *State) *cobra.Command {
	var input, file, key string
	var wait bool
	c := &cobra.Command{
		Use:     "run WORKFLOW",
		Short:   "Start an execution",
		Long:    "Start an execution and show it; with --wait follow it to its end, with a progress bar on a terminal and plain lines in a pipe.",
		Example: `  pyairtable-workflows workflows run wf_… --input '{"mode":"full"}' --wait`,
		Args:    cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			text, err := s.input(input, file)
			if err != nil {
				return err
			}
			e, err := k.Execute(c.Context(), workflow.ID(args[0]), text, key)
			if err != nil {
				return err
			}
			if !wait {
				return k.printExecution(e)
			}
			return k.watch(c.Context(), e.ID)
		}),
	}
	c.Flags().StringVar(&input, "input", "", `input of the execution as JSON, for example '{"mode":"full"}'`)
	c.Flags().StringVar(&file, "input-file", "", "file with the input, - for standard input")
	c.Flags().StringVar(&key, "idempotency-key", "", "repeating the command with the same key starts once")
	c.Flags().BoolVar(&wait, "wait", false, "follow the execution to its end")
	c.MarkFlagsMutuallyExclusive("input", "input-file")
	return c
}

func (s *State) input(text, file string) (json.RawMessage, error) {
	switch {
	case file != "":
		return s.readJSON(file)
	case text == "":
		return nil, nil
	}
	if err := isObject([]byte(text)); err != nil {
		return nil, WithCode(fmt.Errorf("--input %w", err), ExitInput)
	}
	return json.RawMessage(text), nil
}

func (k *call) printExecution(e workflow.Execution) error {
	return k.print(e, func(w io.Writer) {
		row(w, "id", e.ID)
		row(w, "workflow", fmt.Sprintf("%s version %d", e.Workflow, e.WorkflowVersion))
		row(w, "state", e.State)
		row(w, "created", when(e.CreatedAt))
		row(w, "ended", whenever(e.EndedAt))
		row(w, "steps completed / failed / retries", fmt.Sprintf("%d / %d / %d", e.StepsCompleted, e.StepsFailed, e.Retries))
		if p := e.Progress; p != nil && !e.State.Ended() {
			row(w, "progress", progressText(p.Message, p.Done, p.Total))
			for _, item := range p.Items {
				row(w, "  "+item.Name, progressText("", item.Done, item.Total))
			}
		}
		if e.Parked != nil && e.State == workflow.Parked {
			row(w, "parked", strings.TrimSpace(e.Parked.Reason+" "+e.Parked.Step+" "+e.Parked.Path))
			if e.Parked.Error != nil {
				row(w, "because", e.Parked.Error.Message)
			}
			row(w, "fix", e.Parked.Fix)
		}
		if e.Error != nil {
			row(w, "error", e.Error.Message)
		}
		if len(e.Output) > 0 {
			row(w, "output", string(e.Output))
		}
	})
}
