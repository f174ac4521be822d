// Command engine measures the durable engine through the orchestrator's
// service, as a server would use it: workflows of five steps with effects,
// started by fifty callers at once, with the read models caught up when the clock
// stops. It is compared with a floor on the same disk and with peers that do the
// same work. They take turns in every round, because only ratios within one run
// mean anything.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/pyairtable/pyairtable-workflows/bench/scratch"
)

// settings are the sizes of a measurement.
type settings struct {
	dir      string
	binary   string          // of the product; empty: start and memory are not measured
	dbos     string          // bench/peers/dbos; empty: not measured
	server   *scratch.Server // PostgreSQL; nil: not measured
	runs     int
	starters int
	rounds   int
	fans     int
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", ".work/bench", "folder on the disk to measure")
	flag.StringVar(&s.binary, "binary", "", "the product's binary, for its start and memory")
	flag.StringVar(&s.dbos, "dbos", "", "the program built from bench/peers/dbos; empty: without DBOS")
	flag.IntVar(&s.runs, "runs", 2000, "workflows in a round")
	flag.IntVar(&s.starters, "starters", 50, "callers that start workflows at once")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds; the median is quoted")
	flag.IntVar(&s.fans, "fans", 40, "parents with 100 parallel steps, one after another")
	profile := flag.String("cpuprofile", "", "file for a CPU profile of everything")
	flag.Parse()
	if s.runs < 1 || s.starters < 1 || s.rounds < 1 || s.fans < 1 {
		fmt.Fprintln(os.Stderr, "bench: runs, starters, rounds and fans are 1 or more")
		os.Exit(2)
	}
	if err := profiled(*profile, func() error { return run(context.Background(), s) }); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// profiled runs f with a CPU profile if there is a file for it.
func profiled(path string, f func() error) error {
	if path == "" {
		return f()
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}

func run(ctx context.Context, s settings) (err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	if url := os.Getenv("PAW_BENCH_POSTGRES"); url != "" {
		if s.server, err = scratch.Connect(ctx, url); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.server.Close(ctx)) }()
	}
	all := contenders(s)
	var floors []float64
	for range s.rounds {
		took, err := runFloor(s.dir, s.runs, s.starters)
		if err != nil {
			return err
		}
		floor := float64(s.runs) / took.Seconds()
		floors = append(floors, floor)
		for _, c := range all {
			if err := c.round(ctx, floor); err != nil {
				return err
			}
		}
	}
	printTable(os.Stdout, s, floors, all)
	return measureServer(ctx, s)
}

// serverCPU is what the PostgreSQL server has used so far; zero without one.
func (s settings) serverCPU(ctx context.Context) time.Duration {
	if s.server == nil {
		return 0
	}
	return s.server.CPU(ctx)
}
