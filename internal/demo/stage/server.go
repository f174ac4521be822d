package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const serverLog = "server.log"

// Server is the product's server in its own process, with the same folder and
// address at every start.
type Server struct {
	binary      string
	dir         string
	airtableURL string
	pace        pace
	database    string // URL
	addr, admin string
	token       string
	process     *process
	api         *client.Client
}

// Start runs the server and returns when it is ready. A later start listens on the
// same port, unless another program has taken it in the meantime.
func (s *Server) Start(ctx context.Context) error {
	preferred := []string{"127.0.0.1:8080", "127.0.0.1:8081"}
	if s.addr != "" {
		preferred = []string{s.addr, s.admin}
	}
	return startAt(preferred, func(addrs []string) error {
		s.addr, s.admin = addrs[0], addrs[1]
		return s.start(ctx)
	})
}

func (s *Server) start(ctx context.Context) (err error) {
	data := filepath.Join(s.dir, "data")
	if s.database == "" {
		s.database = "sqlite:" + filepath.Join(data, "paw.db")
	}
	if s.process, err = run(s.binary, filepath.Join(s.dir, serverLog), "serve",
		"--data-dir", data,
		"--database-url", s.database,
		"--http-addr", s.addr, "--http-admin-addr", s.admin,
		"--airtable-base-url", s.airtableURL,
		"--airtable-requests-per-second", fmt.Sprint(s.pace.baseCalls()),
		"--airtable-token-requests-per-second", fmt.Sprint(s.pace.tokenCalls()),
		"--airtable-penalty", s.pace.penalty().String(),
	); err != nil {
		return err
	}
	probe := client.New(s.url(), "")
	if err := s.process.waitUntil(ctx, func() bool { return s.process.listening() && probe.Ready(ctx) == nil }); err != nil {
		return err
	}
	token, err := os.ReadFile(filepath.Join(data, "admin-token"))
	if err != nil {
		return err
	}
	s.token = strings.TrimSpace(string(token))
	s.api = client.New(s.url(), s.token)
	return nil
}

func (s *Server) url() string { return "http://" + s.addr }

// Kill ends the server with SIGKILL and returns the id of its process.
func (s *Server) Kill() (pid int) {
	s.process.kill()
	return s.process.cmd.Process.Pid
}

// stop shuts the server down properly.
func (s *Server) stop() {
	if s.process != nil {
		_ = s.process.stop(30 * time.Second)
	}
}

// API returns a client with the admin token, valid until the next Start.
func (s *Server) API() *client.Client { return s.api }

// errEnough ends a follow before the execution ends.
var errEnough = errors.New("seen enough")

// Follow passes the execution's progress to more until the execution ends or more
// returns false; a nil more follows it to its end. A parked execution is an error.
func (s *Server) Follow(ctx context.Context, id workflow.ExecutionID, more func(done, total int64) bool) error {
	err := s.api.Follow(ctx, id, 0, func(f client.Frame) error {
		if f.Progress != nil && more != nil && !more(f.Progress.Done, f.Progress.Total) {
			return errEnough
		}
		if f.Event != nil && f.Event.Type == "execution.parked" {
			return fmt.Errorf("the execution is parked: %s", f.Event.Data)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// Completed returns the execution, or an error unless it has completed.
func (s *Server) Completed(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	x, err := s.api.Execution(ctx, id)
	switch {
	case err != nil:
		return x, err
	case x.State == workflow.Completed && x.EndedAt != nil:
		return x, nil
	case x.Error != nil:
		return x, fmt.Errorf("%s is %s: %s (%s)", id, x.State, x.Error.Message, x.Error.Step)
	}
	return x, fmt.Errorf("%s is %s", id, x.State)
}
