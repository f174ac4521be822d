// Package stage runs what every demo and stress test needs: the product's server
// and the simulated Airtable, as two processes of the built binary with a folder of
// their own. It does not know any kind of workflow.
package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Options say where and how fast both processes run.
type Options struct {
	Dir      string    // for all data; created if it does not exist
	Records  int       // in the source base, approximately
	Speed    float64   // how many times faster the limits run than Airtable's
	Fresh    bool      // never continue from an earlier start
	Tokens   []string  // that the simulator accepts
	Out      io.Writer // for the messages
	Terminal bool      // draw a progress bar
	Binary   string    // of the product; empty: this process's own
	Database string    // URL; empty: SQLite in Dir
}

// Stage is an opened stage.
type Stage struct {
	State     State // save it with Save
	Simulator *Simulator
	Server    *Server

	options Options
	folder  *folder
}

// Open locks the folder and starts both processes. It removes data that they can no
// longer read, and says so. Close ends the processes.
func Open(ctx context.Context, o Options) (*Stage, error) {
	if o.Binary == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		o.Binary = self
	}
	taken, err := takeFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Stage{options: o, folder: taken}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stage) open(ctx context.Context) error {
	if err := s.prepare(s.options.Fresh); err != nil {
		return err
	}
	err := s.raise(ctx)
	var ended *endedError
	if s.State.Finished && errors.As(err, &ended) && ended.refusedItsData() {
		s.Sayf("The data of an earlier start in %s cannot be read and is made anew: %s", s.options.Dir, ended.words)
		s.stop()
		if err := s.prepare(true); err != nil {
			return err
		}
		err = s.raise(ctx)
	}
	if err != nil {
		return s.Explain(err)
	}
	return nil
}

// prepare reads the state of an earlier start, or empties the folder.
func (s *Stage) prepare(fresh bool) error {
	state, removed, err := s.folder.prepare(s.options.Records, fresh)
	if err != nil {
		return err
	}
	if removed && !fresh {
		s.Sayf("An earlier start in %s was not completed, or had another number of records; starting over.", s.options.Dir)
	}
	s.State = state
	return nil
}

// raise starts both processes.
func (s *Stage) raise(ctx context.Context) error {
	o := s.options
	s.Simulator = &Simulator{binary: o.Binary, dir: o.Dir, pace: pace(o.Speed), tokens: o.Tokens}
	if err := s.Simulator.start(ctx); err != nil {
		return err
	}
	s.Server = &Server{binary: o.Binary, dir: o.Dir, airtableURL: s.Simulator.url, pace: pace(o.Speed), database: o.Database}
	return s.Server.Start(ctx)
}

// Close stops both processes and releases the folder.
func (s *Stage) Close() {
	s.stop()
	s.folder.giveUp()
}

func (s *Stage) stop() {
	if s.Server != nil {
		s.Server.stop()
	}
	if s.Simulator != nil {
		s.Simulator.stop()
	}
}

// Save keeps the state for the next start.
func (s *Stage) Save() error { return s.folder.save(s.State) }

// Wait returns when the user presses Ctrl-C or a process dies.
func (s *Stage) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.Sayf("\nStopped.")
		return nil
	case <-s.Server.process.done:
		return s.Explain(errors.New("the server ended by itself"))
	case <-s.Simulator.process.done:
		return s.Explain(errors.New("the simulator ended by itself"))
	}
}

// Explain adds where to find the logs of both processes.
func (s *Stage) Explain(err error) error {
	return fmt.Errorf("%w\n(the server's log: %s, the simulator's: %s)", err,
		filepath.Join(s.options.Dir, serverLog), filepath.Join(s.options.Dir, simulatorLog))
}

// Paste prints lines that a user can try at once.
func (s *Stage) Paste(id workflow.ID) {
	self := s.options.Binary
	if wd, err := os.Getwd(); err == nil {
		if short, err := filepath.Rel(wd, self); err == nil && !strings.HasPrefix(short, "..") {
			self = short
		}
	}
	s.Sayf("\nTry it:")
	s.Sayf("  export PAW_URL=%s PAW_TOKEN=%s", s.Server.url(), s.Server.token)
	s.Sayf("  curl -s -H \"Authorization: Bearer $PAW_TOKEN\" $PAW_URL/api/v1/workflows/%s/metrics", id)
	s.Sayf("  %s workflows executions %s", self, id)
	s.Sayf("  the API's reference page: http://%s/docs, the metrics: http://%s/metrics", s.Server.admin, s.Server.admin)
}

// Sayf prints a line.
func (s *Stage) Sayf(format string, args ...any) { fmt.Fprintf(s.options.Out, format+"\n", args...) }

// Progress returns a progress bar below the messages.
func (s *Stage) Progress() *Progress {
	return &Progress{out: s.options.Out, terminal: s.options.Terminal, last: -1}
}
