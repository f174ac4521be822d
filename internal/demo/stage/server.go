package demo

import (
	"context"
	"encoding/json"
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

// server is the product's server as a process of its own, on the same folder
// and address at every start.
type server struct {
	binary      string
	dir, simURL string
	database    string // URL
	speed       float64
	addr, admin string
	url, token  string
	child       *child
	api         *client.Client
}

// start runs the server and returns when it is ready.
func (s *server) start(ctx context.Context) (err error) {
	if s.addr == "" {
		if s.addr, err = freeAddr("127.0.0.1:8080"); err != nil {
			return err
		}
		if s.admin, err = freeAddr("127.0.0.1:8081"); err != nil {
			return err
		}
		s.url = "http://" + s.addr
	}
	data := filepath.Join(s.dir, "data")
	if s.database == "" {
		s.database = "sqlite:" + filepath.Join(data, "paw.db")
	}
	if s.child, err = startChild(s.binary, filepath.Join(s.dir, serverLog), "serve",
		"--data-dir", data,
		"--database-url", s.database,
		"--http-addr", s.addr, "--http-admin-addr", s.admin,
		"--airtable-base-url", s.simURL,
		"--airtable-requests-per-second", fmt.Sprint(baseCallsPerSecond*s.speed),
		"--airtable-token-requests-per-second", fmt.Sprint(tokenCallsPerSecond*s.speed),
		"--airtable-penalty", scale(penalty, s.speed).String(),
	); err != nil {
		return err
	}
	probe := client.New(s.url, "")
	if err := waitUntil(ctx, s.child, func() bool { return probe.Ready(ctx) == nil }); err != nil {
		return err
	}
	token, err := os.ReadFile(filepath.Join(data, "admin-token"))
	if err != nil {
		return err
	}
	s.token = strings.TrimSpace(string(token))
	s.api = client.New(s.url, s.token)
	return nil
}

// kill ends the server with SIGKILL.
func (s *server) kill() { s.child.kill() }

// stop ends the server in order.
func (s *server) stop() {
	if s.child != nil {
		_ = s.child.stop(30 * time.Second)
	}
}

func (s *server) pid() int { return s.child.cmd.Process.Pid }

// create makes the demo's sync and remembers its id.
func (s *server) create(ctx context.Context, st *state) error {
	config, err := crmSync()
	if err != nil {
		return err
	}
	return s.createSync(ctx, st, config)
}

func (s *server) createSync(ctx context.Context, st *state, config any) error {
	made, err := s.api.CreateWorkflow(ctx, client.Document{Name: "CRM", Type: "airtable_sync", Config: mustJSON(config)}, "")
	if err != nil {
		return fmt.Errorf("create the sync: %w", err)
	}
	st.Workflow = string(made.ID)
	return nil
}

// execute starts a run in a mode and returns its id. Deletes are allowed, so
// that a torture may delete what it likes.
func (s *server) execute(ctx context.Context, id, mode string) (string, error) {
	input := object{"mode": mode}
	if mode == "full" {
		input["allow_deletes"] = true
	}
	x, err := s.api.Execute(ctx, workflow.ID(id), mustJSON(input), "")
	if err != nil {
		return "", fmt.Errorf("start a run: %w", err)
	}
	return string(x.ID), nil
}

// errEnough ends a follow before the execution ends.
var errEnough = errors.New("seen enough")

// follow hears of the execution's progress until it ends or more says no.
func (s *server) follow(ctx context.Context, id string, more func(done, total int64) bool) error {
	err := s.api.Follow(ctx, workflow.ExecutionID(id), 0, func(f client.Frame) error {
		if f.Progress != nil && !more(f.Progress.Done, f.Progress.Total) {
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

// mustComplete returns an error unless the execution has completed.
func (s *server) mustComplete(ctx context.Context, id string) error {
	x, err := s.api.Execution(ctx, workflow.ExecutionID(id))
	if err != nil {
		return err
	}
	if x.State == workflow.Completed {
		return nil
	}
	if x.Error != nil {
		return fmt.Errorf("%s is %s: %s (%s)", id, x.State, x.Error.Message, x.Error.Step)
	}
	return fmt.Errorf("%s is %s", id, x.State)
}

// endOf returns when the execution ended.
func (s *server) endOf(ctx context.Context, id string) (time.Time, error) {
	x, err := s.api.Execution(ctx, workflow.ExecutionID(id))
	if err != nil {
		return time.Time{}, err
	}
	if x.EndedAt == nil {
		return time.Time{}, fmt.Errorf("%s has not ended", id)
	}
	return *x.EndedAt, nil
}

// written returns how many records the run created and updated.
func (s *server) written(ctx context.Context, id string) (int64, error) {
	if err := s.mustComplete(ctx, id); err != nil {
		return 0, err
	}
	x, err := s.api.Execution(ctx, workflow.ExecutionID(id))
	if err != nil {
		return 0, err
	}
	var summary struct {
		Tables []struct {
			Created int64 `json:"created"`
			Updated int64 `json:"updated"`
		} `json:"tables"`
	}
	if err := json.Unmarshal(x.Output, &summary); err != nil {
		return 0, fmt.Errorf("the run's summary: %w", err)
	}
	var n int64
	for _, t := range summary.Tables {
		n += t.Created + t.Updated
	}
	return n, nil
}
