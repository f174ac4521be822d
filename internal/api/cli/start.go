package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/input"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

// startFlags are the flags of commands that start an execution.
type startFlags struct {
	version, text, file, key string
	priority                 int
	wait                     bool
}

// add defines the flags. unsaid is what runs without --version and --input.
func (f *startFlags) add(c *cobra.Command, unsaid string) {
	c.Flags().StringVar(&f.version, "version", "", "number of the version to run, or latest; without it "+unsaid)
	c.Flags().IntVar(&f.priority, "priority", 0, "higher goes first among executions that wait for a place")
	c.Flags().StringVar(&f.text, "input", "", `input of the execution as JSON, for example '{"mode":"full"}'`)
	c.Flags().StringVar(&f.file, "input-file", "", "file with the input, - for standard input")
	c.Flags().StringVar(&f.key, "idempotency-key", "", "repeating the command with the same key starts once")
	c.Flags().BoolVar(&f.wait, "wait", false, "follow the execution to its end")
	c.MarkFlagsMutuallyExclusive("input", "input-file")
}

// noneEmpty refuses a flag that is given without a value: it comes from a variable
// that is not set, and without it another version would run, or one start become
// two.
func noneEmpty(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if flag := c.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
			return WithCode(fmt.Errorf("--%s is empty; give it a value or leave it out", name), ExitInput)
		}
	}
	return nil
}

// start reads what the flags of c say.
func (f *startFlags) start(c *cobra.Command, stdin io.Reader) (client.Start, error) {
	s := client.Start{Priority: f.priority}
	err := noneEmpty(c, "version", "input", "input-file", "idempotency-key")
	if err != nil {
		return s, err
	}
	if f.version != "" {
		if s.Version, err = client.ParseVersion(f.version); err != nil {
			return s, WithCode(err, ExitInput)
		}
	}
	s.Input, err = inputOf(stdin, f.text, f.file)
	return s, WithCode(err, ExitInput)
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
