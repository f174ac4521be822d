package cli

import (
	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func workflowRun(s *State) *cobra.Command {
	var flags startFlags
	c := &cobra.Command{
		Use:   "run WORKFLOW",
		Short: "Start an execution",
		Long:  "Start an execution and show it; with --wait follow it to its end, with a progress bar on a terminal and plain lines in a pipe. The newest version runs, unless --version says otherwise; it is pinned when the execution leaves pending.",
		Example: `  pyairtable-workflows workflows run wf_… --input '{"mode":"full"}' --wait
  pyairtable-workflows workflows run wf_… --version 3`,
		Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			start, err := flags.start(c, s.Stdin)
			if err != nil {
				return err
			}
			e, err := k.Execute(c.Context(), workflow.ID(args[0]), start, flags.key)
			if err != nil {
				return err
			}
			if !flags.wait {
				return k.printExecution(e)
			}
			return watch(c.Context(), k, e.ID)
		}),
	}
	flags.add(c, "the newest")
	return c
}
