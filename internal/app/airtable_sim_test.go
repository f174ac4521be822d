package app

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
)

func TestAirtableSimFlags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want sim.Config
		err  string
	}{
		"all scopes": {[]string{"--token", "patA"}, sim.Config{Tokens: []sim.Token{{Value: "patA"}}, Penalty: 30 * time.Second, Speed: 1}, ""},
		"two tokens": {[]string{"--token", "patA=data.records:read,schema.bases:read", "--token", "patB="},
			sim.Config{Tokens: []sim.Token{{Value: "patA", Scopes: []string{"data.records:read", "schema.bases:read"}}, {Value: "patB", Scopes: []string{}}},
				Penalty: 30 * time.Second, Speed: 1}, ""},
		"limits": {[]string{"--token", "a", "--penalty", "1s", "--rate-limit", "off", "--speed", "2.5", "--data", "f"},
			sim.Config{Tokens: []sim.Token{{Value: "a"}}, Penalty: time.Second, NoRateLimit: true, Speed: 2.5, DataFile: "f"}, ""},
		"no token":           {nil, sim.Config{}, "needs at least one --token"},
		"an empty token":     {[]string{"--token", "=x"}, sim.Config{}, "has no token before the equals sign"},
		"a wrong limit":      {[]string{"--token", "a", "--rate-limit", "maybe"}, sim.Config{}, "write on or off"},
		"a standstill":       {[]string{"--token", "a", "--speed", "0"}, sim.Config{}, "write a number above 0"},
		"a negative penalty": {[]string{"--token", "a", "--penalty", "-1s"}, sim.Config{}, "write a duration above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var flags simFlags
			set := airtableSimFlags(&flags)
			if err := set.Parse(c.args); err != nil {
				t.Fatal(err)
			}
			got, err := flags.config()
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestAirtableSimServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	cmd := airtableSimCommand()
	cmd.SetOut(in)
	cmd.SetArgs([]string{"--addr", "127.0.0.1:0", "--token", "patA", "--data", filepath.Join(t.TempDir(), "data")})
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()

	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, url, found := strings.Cut(strings.TrimSpace(line), "airtable-sim listening on ")
	if !found {
		t.Fatalf("it printed %q", line)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v0/meta/whoami", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer patA")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("got %d, %v", response.StatusCode, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("an orderly end returned an error: %v", err)
	}
}

func TestAirtableSimRefusesAPortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cmd := airtableSimCommand()
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	cmd.SetArgs([]string{"--addr", listener.Addr().String(), "--token", "patA"})
	err = cmd.ExecuteContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the port is already in use") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if code := cli.ExitCode(err); code != cli.ExitEnvironment {
		t.Errorf("exit code %d", code)
	}
}

func TestAirtableSimSaysWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	cmd := airtableSimCommand()
	cmd.SetArgs([]string{"--addr", "127.0.0.1:0"})
	if code := cli.ExitCode(cmd.ExecuteContext(t.Context())); code != cli.ExitInput {
		t.Errorf("without a token: exit code %d", code)
	}
}
