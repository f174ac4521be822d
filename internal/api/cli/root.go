package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// New builds the command tree: the commands of this package and the injected
// ones, which run the process itself (serve, demo, airtable-sim, rebuild).
func New(s *State, injected ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:           "pyairtable-workflows",
		Short:         "Durable workflows on Airtable data",
		Version:       s.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(s.Args)
	root.SetIn(s.Stdin)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	root.AddCommand(injected...)
	return root
}

// Main runs the command line and returns the exit code of the process. It
// ends when ctx does; nothing is written outside s.
func Main(ctx context.Context, s *State, injected ...*cobra.Command) int {
	if err := New(s, injected...).ExecuteContext(ctx); err != nil {
		return 1
	}
	return 0
}
