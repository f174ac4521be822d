package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/examples"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Airtable's limits, which the demo scales.
const (
	baseCallsPerSecond  = 4.9
	tokenCallsPerSecond = 50
	penalty             = 30 * time.Second
)

// stage is the running demonstration: two processes and two bases.
type stage struct {
	o              Options
	state          state
	simURL         string
	sim            *simulator
	server         *server
	source, target side
	ends           endpoints
	lock           *os.File // of the folder
}

// endpoints is the part of a sync's configuration that the demo needs.
type endpoints struct {
	SourceBases []endpoint `json:"source_bases"`
	TargetBases []endpoint `json:"target_bases"`
}

type endpoint struct {
	BaseID string `json:"base_id"`
	APIKey string `json:"api_key"`
}

// crmSync is the configuration of the demo's sync, as the example has it.
func crmSync() (json.RawMessage, error) { return examples.Files.ReadFile("crm-sync.json") }

// openStage takes the folder and starts the simulator and the server.
func openStage(ctx context.Context, o Options) (*stage, error) {
	if o.Binary == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		o.Binary = self
	}
	found, lock, err := openDir(o.Dir, o.Records, o.fresh)
	if err != nil {
		return nil, err
	}
	s := &stage{o: o, state: found, lock: lock}
	if err := s.raise(ctx); err != nil {
		err = s.explain(err)
		s.close()
		return nil, err
	}
	return s, nil
}

// raise starts both processes and makes a client for each base.
func (s *stage) raise(ctx context.Context) error {
	config, err := crmSync()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(config, &s.ends); err != nil {
		return fmt.Errorf("examples/crm-sync.json: %w", err)
	}
	from, to := s.ends.SourceBases[0], s.ends.TargetBases[0]
	s.sim = &simulator{binary: s.o.Binary, dir: s.o.Dir, speed: s.o.Speed, tokens: []string{from.APIKey, to.APIKey}}
	if s.simURL, err = s.sim.start(ctx, "127.0.0.1:8095"); err != nil {
		return err
	}
	client := airtable.New(airtable.Options{
		BaseURL: s.simURL, RequestsPerSecond: baseCallsPerSecond * s.o.Speed,
		TokenRequestsPerSecond: tokenCallsPerSecond * s.o.Speed, Penalty: scale(penalty, s.o.Speed),
	})
	s.source = side{client, airtable.Token(from.APIKey), airtable.BaseID(from.BaseID)}
	s.target = side{client, airtable.Token(to.APIKey), airtable.BaseID(to.BaseID)}
	s.server = &server{binary: s.o.Binary, dir: s.o.Dir, simURL: s.simURL, database: s.o.Database, speed: s.o.Speed}
	return s.server.start(ctx)
}

// close stops both processes and gives the folder up.
func (s *stage) close() {
	if s.server != nil {
		s.server.stop()
	}
	if s.sim != nil {
		s.sim.stop()
	}
	s.lock.Close()
}

// wait stays until the user ends it or a process dies.
func (s *stage) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.sayf("\nStopped.")
		return nil
	case <-s.server.child.done:
		return s.explain(errors.New("the server ended by itself"))
	case <-s.sim.child.done:
		return s.explain(errors.New("the simulator ended by itself"))
	}
}

// explain adds where the processes' own words stand.
func (s *stage) explain(err error) error {
	return fmt.Errorf("%w\n(the server's log: %s, the simulator's: %s)", err,
		filepath.Join(s.o.Dir, serverLog), filepath.Join(s.o.Dir, simLog))
}

// paste prints lines that a user can try at once.
func (s *stage) paste() {
	self := s.o.Binary
	if wd, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(wd, self); err == nil && !strings.HasPrefix(short, "..") {
			self = short
		}
	}
	s.sayf("\nTry it:")
	s.sayf("  export PAW_URL=%s PAW_TOKEN=%s", s.server.url, s.server.token)
	s.sayf("  curl -s -H \"Authorization: Bearer $PAW_TOKEN\" $PAW_URL/api/v1/workflows/%s/metrics", s.state.Workflow)
	s.sayf("  %s workflows executions %s", self, s.state.Workflow)
	s.sayf("  the API's reference page: http://%s/docs, the metrics: http://%s/metrics", s.server.admin, s.server.admin)
}

func (s *stage) sayf(format string, args ...any) { fmt.Fprintf(s.o.Out, format+"\n", args...) }

// freeAddr returns preferred if nobody listens there, else a free address.
func freeAddr(preferred string) (string, error) {
	l, err := net.Listen("tcp", preferred)
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func scale(d time.Duration, speed float64) time.Duration {
	return time.Duration(float64(d) / speed)
}

// createEmpty makes a base as Airtable's own "start from scratch" does: with
// one table that the sync does not know.
func (s side) createEmpty(ctx context.Context, name string) error {
	_, err := s.airtable.CreateBase(ctx, s.token, airtable.NewBase{
		ID: s.base, Name: name, WorkspaceID: demoWorkspace,
		Tables: []airtable.NewTable{{Name: "Table 1", Fields: []airtable.NewField{{Name: "Name", Type: "singleLineText"}}}},
	})
	if err != nil {
		return fmt.Errorf("create the target base: %w", err)
	}
	return nil
}
