package app

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/config"
)

// rebuildCommand is `rebuild [NAME...]`: it rebuilds all read models, or those that
// are named, from the first event while no server is running.
func rebuildCommand(s *cli.State) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rebuild [NAME...]",
		Short: "Rebuild read models from the first event, all of them unless named; the server must be stopped",
	}
	config.AddFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, names []string) (err error) {
		loaded, err := config.Load(config.FromFlags(cmd.Flags(), s.Env))
		if err != nil {
			return err
		}
		sys, err := open(cmd.Context(), loaded, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, sys.close()) }()
		if err := sys.projections.Rebuild(cmd.Context(), names...); err != nil {
			err = fmt.Errorf("rebuild: %w", err)
			if errors.Is(err, projection.ErrUnknown) {
				return cli.WithCode(err, cli.ExitInput)
			}
			return err
		}
		head, err := sys.store.Head(cmd.Context())
		if err != nil {
			return err
		}
		fmt.Fprintf(s.Stdout, "read models rebuilt from %d events\n", head)
		return nil
	}
	return cmd
}
