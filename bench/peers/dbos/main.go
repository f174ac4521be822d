// Command dbos measures DBOS Transact on the work that bench/engine gives to
// ours: workflows of five steps, started by many callers at once, each waiting
// for the end of its own. It prints one JSON object per line: "begin" when the
// clock starts, so that the bench can look at the database's processor time,
// then the figures. It is a module of its own, so that the product's go.mod does
// not name DBOS.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
)

// warmUp is how many workflows run before the clock starts, as for ours.
const warmUp = 200

// settings say what to measure.
type settings struct {
	url         string // sqlite:<path> or postgres://…
	synchronous string // of SQLite; empty: DBOS's default
	runs        int
	starters    int
}

// figures is what the bench reads. Times are nanoseconds.
type figures struct {
	Peer       string  `json:"peer"`
	Durability string  `json:"durability"` // the setting, as its own connections report it
	Took       int64   `json:"took"`
	CPU        int64   `json:"cpu"`
	P50        int64   `json:"p50"`
	P99        int64   `json:"p99"`
	Bytes      float64 `json:"bytes_per_run"`
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", "", "database: sqlite:<path> or postgres://…")
	flag.StringVar(&s.synchronous, "synchronous", "", "SQLite's synchronous setting; empty means DBOS's own default")
	flag.IntVar(&s.runs, "runs", 2000, "workflows to measure")
	flag.IntVar(&s.starters, "starters", 50, "callers that start workflows at once")
	flag.Parse()
	if err := run(context.Background(), s, json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "dbos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, out *json.Encoder) error {
	store, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer store.close()
	c, err := dbos.NewContext(ctx, dbos.Config{
		AppName: "bench", DatabaseURL: store.databaseURL, SQLiteSystemDB: store.handle,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	dbos.RegisterWorkflow(c, fiveSteps)
	if err := dbos.Launch(c); err != nil {
		return err
	}
	defer dbos.Shutdown(c, 10*time.Second)
	if err := runMany(c, make([]time.Duration, warmUp), s.starters); err != nil {
		return err
	}
	f, err := measure(ctx, c, s, store, func() error { return out.Encode("begin") })
	if err != nil {
		return err
	}
	return out.Encode(f)
}

func measure(ctx context.Context, c dbos.Context, s settings, store *store, begun func() error) (f figures, err error) {
	f.Peer = version()
	if f.Durability, err = store.durability(ctx); err != nil {
		return f, err
	}
	before, err := store.size(ctx)
	if err != nil {
		return f, err
	}
	if err := begun(); err != nil {
		return f, err
	}
	latencies := make([]time.Duration, s.runs)
	cpu, begin := cpuTime(), time.Now()
	if err := runMany(c, latencies, s.starters); err != nil {
		return f, err
	}
	f.Took, f.CPU = int64(time.Since(begin)), int64(cpuTime()-cpu)
	slices.Sort(latencies)
	f.P50, f.P99 = int64(latencies[s.runs/2]), int64(latencies[s.runs*99/100])
	after, err := store.size(ctx)
	f.Bytes = float64(after-before) / float64(s.runs)
	return f, err
}

type none struct{}

// fiveSteps is the workflow that is measured. Its steps do nothing, so that only
// the engine counts.
func fiveSteps(c dbos.Context, _ none) (none, error) {
	for range 5 {
		if _, err := dbos.RunAsStep(c, noop); err != nil {
			return none{}, err
		}
	}
	return none{}, nil
}

func noop(context.Context) (none, error) { return none{}, nil }

// runMany runs a workflow for each place in latencies, from starters
// goroutines, and fills in how long each one took.
func runMany(c dbos.Context, latencies []time.Duration, starters int) error {
	numbers := make(chan int)
	errs := make(chan error, starters)
	var callers sync.WaitGroup
	for range starters {
		callers.Go(func() {
			for i := range numbers {
				begin := time.Now()
				if err := runOne(c); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
				latencies[i] = time.Since(begin)
			}
		})
	}
	for i := range latencies {
		numbers <- i
	}
	close(numbers)
	callers.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func runOne(c dbos.Context) error {
	handle, err := dbos.RunWorkflow(c, fiveSteps, none{})
	if err != nil {
		return err
	}
	_, err = handle.GetResult()
	return err
}

// version is "DBOS v1.8.0", as it was built in.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/dbos-inc/dbos-transact-golang" {
				return "DBOS " + m.Version
			}
		}
	}
	return "DBOS"
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
