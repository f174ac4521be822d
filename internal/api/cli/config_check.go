package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/config"
)

func configCommands(s *State) *cobra.Command {
	return group("config", "Look at the configuration", configCheck(s))
}

// configCheck loads the configuration exactly as serve does, and stops there.
func configCheck(s *State) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "check", Short: "Check the configuration and show each setting with its source; secrets are hidden", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := config.Load(config.FromFlags(c.Flags(), s.Env))
			if err != nil {
				return WithCode(err, ExitInput)
			}
			for _, text := range loaded.Warnings {
				fmt.Fprintln(s.Stderr, "warning: "+text)
			}
			return show(s.Stdout, format == outputJSON, loaded.Effective(), func(w io.Writer) {
				output.Row(w, "SETTING", "VALUE", "SOURCE")
				for _, e := range loaded.Effective() {
					output.Row(w, e.Key, e.Value, e.Source)
				}
			})
		},
	}
	config.AddFlags(c.Flags())
	c.Flags().StringVar(&format, "output", outputTable, "table or json")
	return c
}
