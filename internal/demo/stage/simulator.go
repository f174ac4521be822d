package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

const simulatorLog = "airtable-sim.log"

// Simulator is the simulated Airtable in its own process.
type Simulator struct {
	binary  string
	dir     string
	pace    pace
	tokens  []string
	process *process
	url     string
}

// start runs the simulator and returns once it answers.
func (s *Simulator) start(ctx context.Context) error {
	return startAt([]string{"127.0.0.1:8095"}, func(addrs []string) (err error) {
		args := []string{"--addr", addrs[0], "--speed", fmt.Sprint(float64(s.pace)), "--data", filepath.Join(s.dir, "airtable.data")}
		for _, t := range s.tokens {
			args = append(args, "--token", t)
		}
		if s.process, err = run(s.binary, filepath.Join(s.dir, simulatorLog), "airtable-sim", args...); err != nil {
			return err
		}
		s.url = "http://" + addrs[0]
		return s.process.waitUntil(ctx, func() bool {
			if !s.process.listening() {
				return false
			}
			_, err := s.stats(ctx)
			return err == nil
		})
	})
}

func (s *Simulator) stop() {
	if s.process != nil {
		_ = s.process.stop(5 * time.Second)
	}
}

// URL is where Airtable's API is served.
func (s *Simulator) URL() string { return s.url }

// Client returns a client that keeps to the simulator's limits.
func (s *Simulator) Client() *airtable.Client {
	return airtable.New(airtable.Options{
		BaseURL: s.url, RequestsPerSecond: s.pace.baseCalls(), TokenRequestsPerSecond: s.pace.tokenCalls(), Penalty: s.pace.penalty(),
	})
}

// Calls are calls since the last reset.
type Calls struct {
	Data         int // records read, written and deleted, schemas read
	SchemaWrites int // tables and fields made
}

// Calls asks the simulator, which counts the calls that it actually received.
func (s *Simulator) Calls(ctx context.Context) (Calls, error) {
	stats, err := s.stats(ctx)
	if err != nil {
		return Calls{}, err
	}
	var c Calls
	for call, n := range stats.Calls {
		if changesSchema(call) {
			c.SchemaWrites += n
			continue
		}
		c.Data += n
	}
	return c, nil
}

// changesSchema reports whether a call, by the simulator's name for it, creates or
// changes tables or fields, such as "POST create_field".
func changesSchema(call string) bool {
	return strings.HasSuffix(call, "_table") || strings.HasSuffix(call, "_field") || strings.HasSuffix(call, "_base")
}

// simulatorStats is the part of GET /_sim/stats that demos need.
type simulatorStats struct {
	Calls map[string]int `json:"calls"`
}

func (s *Simulator) stats(ctx context.Context) (simulatorStats, error) {
	var stats simulatorStats
	err := s.admin(ctx, http.MethodGet, "/_sim/stats", nil, &stats)
	return stats, err
}

// ResetCalls sets the counts to zero.
func (s *Simulator) ResetCalls(ctx context.Context) error {
	return s.admin(ctx, http.MethodDelete, "/_sim/stats", nil, nil)
}

// LoseResponse makes the next call with this method and path take effect without
// its response arriving. In the path * stands for one segment.
func (s *Simulator) LoseResponse(ctx context.Context, method, path string) error {
	return s.admin(ctx, http.MethodPut, "/_sim/faults", map[string]any{
		"faults": []any{map[string]string{"method": method, "path": path, "fault": "drop"}},
	}, nil)
}

// WaitForLoss returns once the response has been lost.
func (s *Simulator) WaitForLoss(ctx context.Context) error {
	var plan struct {
		Faults []struct {
			Met int `json:"met"`
		} `json:"faults"`
	}
	return s.process.waitUntil(ctx, func() bool {
		err := s.admin(ctx, http.MethodGet, "/_sim/faults", nil, &plan)
		return err == nil && len(plan.Faults) == 1 && plan.Faults[0].Met > 0
	})
}

// ClearFaults lets all further calls through.
func (s *Simulator) ClearFaults(ctx context.Context) error {
	return s.admin(ctx, http.MethodDelete, "/_sim/faults", nil, nil)
}

// admin calls the simulator's own interface.
func (s *Simulator) admin(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	response, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, resp.StatusCode, response)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(response, out)
}
