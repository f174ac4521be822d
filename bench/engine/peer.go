package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/bench/scratch"
)

// peerPatience is how long a peer may take for one round.
const peerPatience = 10 * time.Minute

// peer measures another engine over an empty store. It runs as a process
// of its own, built from a module of its own, and prints one line when its
// clock starts and one with its figures.
func peer(ctx context.Context, s settings, store *scratch.Store, program string, more ...string) (f figures, err error) {
	ctx, cancel := context.WithTimeout(ctx, peerPatience)
	defer cancel()
	args := append([]string{"-url", store.URL, "-runs", strconv.Itoa(s.runs), "-starters", strconv.Itoa(s.starters)}, more...)
	cmd := exec.CommandContext(ctx, program, args...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	if err := cmd.Start(); err != nil {
		return f, err
	}
	f, err = readPeer(ctx, s, out)
	if waitErr := cmd.Wait(); waitErr != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return f, fmt.Errorf("%w: %s", waitErr, lines[len(lines)-1])
	}
	return f, err
}

// errNoBegin is why a peer that prints nothing is not measured.
var errNoBegin = errors.New("it did not begin")

func readPeer(ctx context.Context, s settings, out io.Reader) (f figures, err error) {
	lines := bufio.NewScanner(out)
	if !lines.Scan() { // the clock starts
		return f, errors.Join(errNoBegin, lines.Err())
	}
	server := s.serverCPU(ctx)
	if !lines.Scan() {
		return f, errors.Join(errors.New("it printed no figures"), lines.Err())
	}
	f.serverCPU = (s.serverCPU(ctx) - server) / time.Duration(s.runs)
	var said struct {
		Peer, Durability    string
		Took, CPU, P50, P99 time.Duration
		Bytes               float64 `json:"bytes_per_run"`
	}
	if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
		return f, fmt.Errorf("its figures: %w", err)
	}
	f.name, f.durability, f.bytes = said.Peer, said.Durability, said.Bytes
	f.p50, f.p99, f.cpu = said.P50, said.P99, said.CPU/time.Duration(s.runs)
	f.runsPerSecond = float64(s.runs) / said.Took.Seconds()
	return f, nil
}
