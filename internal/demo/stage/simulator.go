package demo

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
)

const simLog = "airtable-sim.log"

// simulator is the simulated Airtable as a process of its own.
type simulator struct {
	binary string
	dir    string
	speed  float64
	tokens []string
	noRate bool // without rate limits
	child  *child
	url    string
}

// start runs the simulator, at the preferred address if it is free, and
// returns its URL once it answers.
func (s *simulator) start(ctx context.Context, preferred string) (string, error) {
	addr, err := freeAddr(preferred)
	if err != nil {
		return "", err
	}
	args := []string{"airtable-sim", "--addr", addr, "--speed", fmt.Sprint(s.speed), "--data", filepath.Join(s.dir, "airtable.data")}
	for _, t := range s.tokens {
		args = append(args, "--token", t)
	}
	if s.noRate {
		args = append(args, "--rate-limit", "off")
	}
	if s.child, err = startChild(s.binary, filepath.Join(s.dir, simLog), args...); err != nil {
		return "", err
	}
	s.url = "http://" + addr
	return s.url, waitUntil(ctx, s.child, func() bool { _, err := s.stats(ctx); return err == nil })
}

func (s *simulator) stop() {
	if s.child != nil {
		_ = s.child.stop(5 * time.Second)
	}
}

// callCounts are calls since the last reset.
type callCounts struct {
	data         int // records read, written and deleted, schemas read
	schemaWrites int // tables and fields made
}

// calls asks the simulator, which counts what it was really asked.
func (s *simulator) calls(ctx context.Context) (callCounts, error) {
	stats, err := s.stats(ctx)
	if err != nil {
		return callCounts{}, err
	}
	var c callCounts
	for call, n := range stats.Calls {
		if changesSchema(call) {
			c.schemaWrites += n
			continue
		}
		c.data += n
	}
	return c, nil
}

// changesSchema knows the simulator's names of calls that make or change
// tables and fields, such as "POST create_field".
func changesSchema(call string) bool {
	return strings.HasSuffix(call, "_table") || strings.HasSuffix(call, "_field") || strings.HasSuffix(call, "_base")
}

// simStats is the part of GET /_sim/stats that the demo needs.
type simStats struct {
	Calls map[string]int `json:"calls"`
}

func (s *simulator) stats(ctx context.Context) (simStats, error) {
	var stats simStats
	err := s.admin(ctx, http.MethodGet, "/_sim/stats", nil, &stats)
	return stats, err
}

// reset starts the counts at zero.
func (s *simulator) reset(ctx context.Context) error {
	return s.admin(ctx, http.MethodDelete, "/_sim/stats", nil, nil)
}

// admin calls the simulator's own interface.
func (s *simulator) admin(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		body = bytes.NewReader(mustJSON(in))
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
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, resp.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// dropAnswer has the next matching write take effect and its answer get lost.
func (s *simulator) dropAnswer(ctx context.Context, method, path string) error {
	return s.admin(ctx, http.MethodPut, "/_sim/faults", object{
		"faults": []object{{"method": method, "path": path, "fault": "drop"}},
	}, nil)
}

// waitHit returns once the answer has been lost.
func (s *simulator) waitHit(ctx context.Context) error {
	var plan struct {
		Faults []struct {
			Met int `json:"met"`
		} `json:"faults"`
	}
	return waitUntil(ctx, s.child, func() bool {
		err := s.admin(ctx, http.MethodGet, "/_sim/faults", nil, &plan)
		return err == nil && len(plan.Faults) == 1 && plan.Faults[0].Met > 0
	})
}

func (s *simulator) clearFaults(ctx context.Context) error {
	return s.admin(ctx, http.MethodDelete, "/_sim/faults", nil, nil)
}

// startLimit bounds how long a process may take until it answers.
const startLimit = 30 * time.Second

// waitUntil asks until the answer is yes, the process ends or time is up.
func waitUntil(ctx context.Context, c *child, yes func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer: %w", c.cmd.Args[1], ctx.Err())
		case <-c.done:
			return fmt.Errorf("%s ended at its start: %v", c.cmd.Args[1], c.err)
		case <-tick.C:
		}
	}
	return nil
}
