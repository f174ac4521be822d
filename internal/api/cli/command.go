package cli

import (
	"cmp"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

const (
	defaultURL  = "http://127.0.0.1:8080"
	outputTable = "table"
	outputJSON  = "json"
)

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	g.AddCommand(commands...)
	return g
}

// connected gives a group of commands the flags of the connection and of the
// output.
func connected(g *cobra.Command) *cobra.Command {
	fs := g.PersistentFlags()
	fs.String("url", "", "address of the server (PAW_URL; "+defaultURL+")")
	fs.String("token", "", "token (PAW_TOKEN; prefer the variable, since others on this machine can read arguments)")
	fs.String("output", outputTable, "table or json")
	return g
}

// required marks a flag without which the command does not begin.
func required(c *cobra.Command, flag string) {
	if err := c.MarkFlagRequired(flag); err != nil {
		panic(err) // the flag is defined just before
	}
}

// paged adds the flags of a list that comes in pages.
func paged(c *cobra.Command, l *client.List) {
	c.Flags().StringVar(&l.Cursor, "cursor", "", "where the page before ended")
	c.Flags().IntVar(&l.Limit, "limit", 0, "items per page, at most 100")
}

// call is one command that talks to the server.
type call struct {
	*client.Client
	state *State
	json  bool
}

// on wraps the work of a command that talks to the server.
func on(s *State, f func(c *cobra.Command, k *call, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		k, err := connect(s, c)
		if err != nil {
			return err
		}
		return f(c, k, args)
	}
}

// connect reads the flags, then the environment.
func connect(s *State, c *cobra.Command) (*call, error) {
	format := c.Flag("output").Value.String()
	if format != outputTable && format != outputJSON {
		return nil, WithCode(errors.New("--output is \""+format+"\"; use table or json"), ExitInput)
	}
	url := cmp.Or(c.Flag("url").Value.String(), s.Getenv("PAW_URL"), defaultURL)
	token := strings.TrimSpace(cmp.Or(c.Flag("token").Value.String(), s.Getenv("PAW_TOKEN")))
	if token == "" {
		return nil, WithCode(errors.New("no token; set PAW_TOKEN or --token (the first start of the server printed it and wrote it to admin-token in data_dir)"), ExitAuth)
	}
	// No header can carry it, which would read like a server that is down.
	if strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return nil, WithCode(errors.New("the token has a blank or a line break in it; set PAW_TOKEN or --token to the token alone"), ExitAuth)
	}
	return &call{Client: client.New(url, token), state: s, json: format == outputJSON}, nil
}

// print writes v as JSON, or the rows of a table.
func (k *call) print(v any, rows func(w io.Writer)) error {
	return show(k.state.Stdout, k.json, v, rows)
}

func show(w io.Writer, json bool, v any, rows func(w io.Writer)) error {
	if json {
		return output.JSON(w, v)
	}
	return output.Table(w, rows)
}
