package cli

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/input"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func workflowRun(s *State) *cobra.Command {
	var text, file, key string
	var wait bool
	c := &cobra.Command{
		Use:     "run WORKFLOW",
		Short:   "Start an execution",
		Long:    "Start an execution and show it; with --wait follow it to its end, with a progress bar on a terminal and plain lines in a pipe.",
		Example: `  pyairtable-workflows workflows run wf_… --input '{"mode":"full"}' --wait`,
		Args:    cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			in, err := inputOf(s.Stdin, text, file)
			if err != nil {
				return WithCode(err, ExitInput)
			}
			e, err := k.Execute(c.Context(), workflow.ID(args[0]), in, key)
			if err != nil {
				return err
			}
			if !wait {
				return k.printExecution(e)
			}
			return watch(c.Context(), k, e.ID)
		}),
	}
	c.Flags().StringVar(&text, "input", "", `input of the execution as JSON, for example '{"mode":"full"}'`)
	c.Flags().StringVar(&file, "input-file", "", "file with the input, - for standard input")
	c.Flags().StringVar(&key, "idempotency-key", "", "repeating the command with the same key starts once")
	c.Flags().BoolVar(&wait, "wait", false, "follow the execution to its end")
	c.MarkFlagsMutuallyExclusive("input", "input-file")
	return c
}

// inputOf returns the input from a flag or a file, nil for none.
func inputOf(stdin io.Reader, text, file string) (json.RawMessage, error) {
	switch {
	case file != "":
		return input.File(stdin, file)
	case text != "":
		return input.Argument("--input", text)
	}
	return nil, nil
}
