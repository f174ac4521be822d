// Package demo has the commands that drive the product from the outside, as a user
// would: `demo` shows what a kind of workflow does, `torture` tests what it
// survives. Each kind has its own package below this one; package stage runs the
// processes that they use.
package demo

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pyairtable/pyairtable-workflows/internal/demo/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/stage"
)

// Command is `demo`. On a terminal it draws a progress bar.
func Command(terminal bool) *cobra.Command {
	o := airtablesync.DemoOptions{Options: stage.Options{Terminal: terminal}}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Keep two Airtable bases in sync through a kill -9, without an account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			return airtablesync.Demo(cmd.Context(), o)
		},
	}
	set := cmd.Flags()
	stageFlags(set, &o.Options, "paw-demo", 5000)
	set.Float64Var(&o.Speed, "speed", 12, "how many times faster the simulator's limits run than Airtable's")
	set.BoolVar(&o.Exit, "exit", false, "exit at the end instead of waiting for Ctrl-C")
	return cmd
}

// TortureCommand is `torture`, for those who work on the product.
func TortureCommand() *cobra.Command {
	var o airtablesync.TortureOptions
	cmd := &cobra.Command{
		Use:    "torture",
		Short:  "Kill the server at random moments and lose responses; the bases must be equal in the end",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			return airtablesync.Torture(cmd.Context(), o)
		},
	}
	set := cmd.Flags()
	stageFlags(set, &o.Options, "paw-torture", 500)
	set.IntVar(&o.Kills, "kills", 50, "rounds with a SIGKILL at a random moment")
	set.IntVar(&o.Drops, "drops", 30, "rounds in which the response to a write is lost before the kill")
	set.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "seed of all random choices, to repeat a run")
	return cmd
}

// stageFlags adds the flags that all demos share.
func stageFlags(set *pflag.FlagSet, o *stage.Options, dir string, records int) {
	set.StringVar(&o.Dir, "dir", dir, "folder for all data; created if it does not exist")
	set.IntVar(&o.Records, "records", records, "approximate number of records in the source base")
}
