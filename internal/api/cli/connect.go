package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

const defaultURL = "http://127.0.0.1:8080"

// connected gives a group of commands the flags of the connection and of the
// output.
func connected(g *cobra.Command) *cobra.Command {
	fs := g.PersistentFlags()
	fs.String("url", "", "address of the server (PAW_URL; "+defaultURL+")")
	fs.String("token", "", "token (PAW_TOKEN; prefer the variable, since others on this machine can read arguments)")
	fs.String("output", outputTable, "table or json")
	return g
}

// call is what a command needs of the outside.
type call struct {
	*client.Client
	state *State
	json  bool
}

// connect reads the flags, then the environment.
func (s *State) connect(c *cobra.Command) (*call, error) {
	output := c.Flag("output").Value.String()
	if output != outputTable && output != outputJSON {
		return nil, WithCode(errors.New("--output is \""+output+"\"; use table or json"), ExitInput)
	}
	url := first(c.Flag("url").Value.String(), s.Getenv("PAW_URL"), defaultURL)
	token := strings.TrimSpace(first(c.Flag("token").Value.String(), s.Getenv("PAW_TOKEN")))
	if token == "" {
		return nil, WithCode(errors.New("no token; set PAW_TOKEN or --token (the first start of the server printed it and wrote it to admin-token in data_dir)"), ExitAuth)
	}
	if strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c == 0x7f }) { // no header can carry it, which would read like a server that is down
		return nil, WithCode(errors.New("the token has a blank or a line break in it; set PAW_TOKEN or --token to the token alone"), ExitAuth)
	}
	return &call{Client: client.New(url, token), state: s, json: output == outputJSON}, nil
}

// on wraps the work of a command that talks to the server.
func on(s *State, f func(c *cobra.Command, k *call, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		k, err := s.connect(c)
		if err != nil {
			return err
		}
		return f(c, k, args)
	}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
