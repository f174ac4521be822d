package demo

import (
	"time"

	"github.com/spf13/cobra"
)

// Command is `demo`.
func Command(terminal bool) *cobra.Command {
	o := Options{Terminal: terminal}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Keep two Airtable bases in sync through a kill -9, without an account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			return Run(cmd.Context(), o)
		},
	}
	set := cmd.Flags()
	set.StringVar(&o.Dir, "dir", "paw-demo", "folder that keeps everything; made when absent")
	set.IntVar(&o.Records, "records", 5000, "records in the source base, about")
	set.Float64Var(&o.Speed, "speed", 12, "how many times faster than Airtable's the simulator's limits run")
	set.BoolVar(&o.Exit, "exit", false, "end by itself instead of waiting for Ctrl-C")
	return cmd
}

// TortureCommand is `torture`, for those who work on the product.
func TortureCommand() *cobra.Command {
	var o TortureOptions
	cmd := &cobra.Command{
		Use:    "torture",
		Short:  "Kill the server at random moments and lose answers; the bases must end equal",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			return Torture(cmd.Context(), o)
		},
	}
	set := cmd.Flags()
	set.StringVar(&o.Dir, "dir", "paw-torture", "folder that keeps everything; made when absent")
	set.IntVar(&o.Kills, "kills", 50, "rounds with a SIGKILL at a random moment")
	set.IntVar(&o.Drops, "drops", 30, "rounds in which the answer of a write is lost before the kill")
	set.IntVar(&o.Records, "records", 500, "records in the source base, about")
	set.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "seed of all chance, to repeat a run")
	return cmd
}
