package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func executionRedrive(s *State) *cobra.Command {
	var flags startFlags
	c := &cobra.Command{
		Use:   "redrive EXECUTION",
		Short: "Go on from where a failed execution ended",
		Long: "Start a new execution that takes over what a failed one has completed and goes on from there. It can be done once, until 30 days after the failure.\n\n" +
			"With another input nothing is taken over: every effect comes again, and the command says which. It does not ask.",
		Example: `  pyairtable-workflows executions redrive ex_… --wait
  pyairtable-workflows executions redrive ex_… --version latest
  pyairtable-workflows executions redrive ex_… --input '{"mode":"full"}'`,
		Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			start, err := flags.start(c, s.Stdin)
			if err != nil {
				return err
			}
			e, err := k.RedriveExecution(c.Context(), workflow.ExecutionID(args[0]), start, flags.key)
			if err != nil {
				return err
			}
			k.sayRepeats(e)
			switch {
			case flags.wait:
				return watch(c.Context(), k, e.ID)
			case k.json:
				return output.JSON(s.Stdout, e)
			}
			return k.printExecution(e.Execution)
		}),
	}
	flags.add(c, "that of the failed execution")
	return c
}

// sayRepeats says what comes again if nothing is taken over.
func (k *call) sayRepeats(e client.Redriven) {
	if e.Origin == nil || !e.Origin.Fresh {
		return
	}
	w := k.state.Stdout
	if k.json {
		w = k.state.Stderr
	}
	if len(e.Repeats) == 0 {
		fmt.Fprintln(w, "The input is another one: nothing is taken over. No effects come again.")
		return
	}
	fmt.Fprintln(w, "The input is another one: nothing is taken over. These effects come again:")
	_ = output.Table(w, func(w io.Writer) { // what is said does not decide what is done
		for _, step := range slices.Sorted(maps.Keys(e.Repeats)) {
			output.Row(w, "  "+step, fmt.Sprintf("%d times", e.Repeats[step]))
		}
	})
}
