// Package app puts the product together. It is the only package that knows all
// the others and constructs drivers and clients. It opens them in order and closes
// them in reverse, and decides nothing else.
package app

import (
	"context"
	"os"

	"golang.org/x/term"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	"github.com/pyairtable/pyairtable-workflows/internal/demo"
)

// Process returns the state of the running process: its arguments,
// environment and standard streams.
func Process(version string) *cli.State {
	return &cli.State{
		Args:     os.Args[1:],
		Env:      os.Environ(),
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		Terminal: term.IsTerminal(int(os.Stdout.Fd())),
		Version:  version,
	}
}

// Main runs the command line, including the commands that run the process itself,
// and returns the exit code.
func Main(ctx context.Context, s *cli.State) int {
	return cli.Main(ctx, s,
		serveCommand(s),
		rebuildCommand(s),
		airtableSimCommand(),
		demo.Command(s.Terminal),
		demo.TortureCommand(),
	)
}
