// Package e2e_test starts the product's binary, as a user does, and looks at it
// from outside: its responses, its exit codes, its files.
package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/app"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
)

// binary is the product: the built one that PAW_TEST_BINARY names, else this
// test binary, which behaves like it where asProduct is set.
var binary string

const asProduct = "E2E_AS_PRODUCT"

func TestMain(m *testing.M) {
	if os.Getenv(asProduct) != "" {
		os.Exit(runProduct())
	}
	if err := findBinary(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// runProduct does what cmd/pyairtable-workflows does. Since the product is part
// of this binary, a cached test result is never older than the product.
func runProduct() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return app.Main(ctx, app.Process("test"))
}

func findBinary() (err error) {
	if binary = os.Getenv("PAW_TEST_BINARY"); binary != "" {
		return nil
	}
	if binary, err = os.Executable(); err != nil {
		return err
	}
	return os.Setenv(asProduct, "1")
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	dir    string
	url    string
	output *lockedBuffer
	exited chan struct{} // closed when the process has ended
}

// lockedBuffer may be read while the process writes.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// serve starts a server on dir with free ports and waits until it is ready.
func serve(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := launch(t, dir, args...)
	p.waitReady(t)
	return p
}

// launch starts a server on dir with free ports. A test that fails shows what
// the server said.
func launch(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	args = append([]string{"serve", "--data-dir", dir, "--http-addr", "127.0.0.1:0", "--http-admin-addr", "127.0.0.1:0"}, args...)
	p := &process{cmd: exec.Command(binary, args...), dir: dir, output: &lockedBuffer{}, exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // the exit code is read from ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the server said:\n%s", p.output)
		}
	})
	return p
}

var listening = regexp.MustCompile(`listening on (http://\S+)`)

func (p *process) waitReady(t *testing.T) {
	t.Helper()
	eventually(t, "the server is ready", func() bool {
		select {
		case <-p.exited:
			t.Fatalf("the server ended at its start:\n%s", p.output)
		default:
		}
		m := listening.FindStringSubmatch(p.output.String())
		if m == nil {
			return false
		}
		p.url = m[1]
		return client.New(p.url, "").Ready(context.Background()) == nil
	})
}

// kill ends the server with SIGKILL and waits.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// terminate ends the server with SIGTERM and returns its exit code.
func (p *process) terminate(t *testing.T) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return p.wait(t)
}

// wait returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(30 * time.Second):
		t.Fatal("the server did not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) token(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.dir, "admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

func (p *process) api(t *testing.T) *client.Client { return client.New(p.url, p.token(t)) }

// command runs another command of the binary and returns its output and code.
func command(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// airtableAt serves a simulator without rate limits to the test.
func airtableAt(t *testing.T, tokens ...string) (url string) {
	t.Helper()
	c := sim.Config{NoRateLimit: true}
	for _, token := range tokens {
		c.Tokens = append(c.Tokens, sim.Token{Value: token})
	}
	s, err := sim.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

// eventually fails unless cond becomes true within half a minute.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
		<-tick.C
	}
}
