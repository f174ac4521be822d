package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// New builds the command tree: the commands of this package and the injected
// ones, which run the process itself (serve, demo, airtable-sim, rebuild).
func New(s *State, injected ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "pyairtable-workflows",
		Short: "Durable workflows on Airtable data",
		Long: "Durable workflows on Airtable data.\n\n" +
			"Exit codes: 0 done; 1 a bug in the program or the server; 2 a mistake in your input, or not possible in this state;\n" +
			"3 the server is down or the environment is at fault; 4 no token, an invalid one, or one that lacks the permission;\n" +
			"5 the execution failed or was cancelled; 6 the execution is parked until someone acts; 7 the store was made by another build;\n" +
			"130 interrupted.",
		Version:       s.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(s.Args)
	root.SetIn(s.Stdin)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddCommand(injected...)
	root.AddCommand(workflowCommands(s), executionCommands(s), kindCommands(s), keyCommands(s), configCommands(s))
	return root
}

// Main runs the command line and returns the exit code of the process. It
// ends when ctx does; nothing is written outside s.
func Main(ctx context.Context, s *State, injected ...*cobra.Command) int {
	root := New(s, injected...)
	marked(root)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	var ran *ranError
	if !errors.As(err, &ran) {
		// The command never began: cobra refused the arguments.
		err = WithCode(fmt.Errorf("%w; see \"%s --help\"", err, command.CommandPath()), ExitInput)
	}
	code := ExitCode(err)
	s.complain(command, err, code)
	return code
}

// complain writes one sentence, or one JSON object where JSON was asked for.
func (s *State) complain(command *cobra.Command, err error, code int) {
	if f := command.Flags().Lookup("output"); f != nil && f.Value.String() == outputJSON {
		text, _ := json.Marshal(map[string]any{"error": explain(err), "exit_code": code}) // strings and a number always encode
		fmt.Fprintln(s.Stderr, string(text))
		return
	}
	fmt.Fprintln(s.Stderr, "error: "+explain(err))
}

// ranError marks an error of a command that had begun, which tells it from
// cobra's own about the arguments.
type ranError struct{ error }

// Unwrap returns the error itself.
func (e *ranError) Unwrap() error { return e.error }

// marked wraps the run functions of a whole tree.
func marked(c *cobra.Command) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			if err := run(c, args); err != nil {
				return &ranError{err}
			}
			return nil
		}
	}
	for _, child := range c.Commands() {
		marked(child)
	}
}
