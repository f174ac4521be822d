// Command engine measures the durable engine through the orchestrator's
// service, as a server would use it: workflows of five steps with effects,
// started by fifty callers at once, read models caught up when the clock
// stops. It alternates with a floor on the same disk in the same run, because
// only ratios within one run mean anything.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"text/tabwriter"
	"time"
)

// settings are the sizes of a measurement.
type settings struct {
	dir      string
	binary   string // of the product; empty: start and memory are not measured
	postgres string
	runs     int
	starters int
	rounds   int
	fans     int
	profile  string
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", ".work/bench", "folder on the disk to measure")
	flag.StringVar(&s.binary, "binary", "", "the product's binary, for its start and memory")
	flag.IntVar(&s.runs, "runs", 2000, "workflows in a round")
	flag.IntVar(&s.starters, "starters", 50, "callers that start workflows at once")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds; the median is quoted")
	flag.StringVar(&s.profile, "cpuprofile", "", "file for a CPU profile of everything")
	flag.IntVar(&s.fans, "fans", 40, "parents with 100 parallel steps, one after another")
	flag.Parse()
	s.postgres = os.Getenv("PAW_BENCH_POSTGRES")
	if err := profiled(s.profile, func() error { return run(context.Background(), s) }); err != nil {
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

func run(ctx context.Context, s settings) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	stores := []string{"sqlite"}
	if s.postgres != "" {
		stores = append(stores, "postgres")
	}
	floors := []float64{}
	measured := map[string][]figures{}
	for round := range s.rounds {
		took, err := runFloor(s.dir, s.runs, s.starters)
		if err != nil {
			return err
		}
		floors = append(floors, float64(s.runs)/took.Seconds())
		for _, store := range stores {
			f, err := measure(ctx, s, store, round)
			if err != nil {
				return fmt.Errorf("%s: %w", store, err)
			}
			measured[store] = append(measured[store], f)
		}
	}
	print(s, floors, stores, measured)
	return measureServer(ctx, s)
}

// figures are what one round on one store showed.
type figures struct {
	runsPerSecond float64
	p50, p99      time.Duration
	cpuPerRun     time.Duration
	bytesPerRun   float64
	fan           time.Duration // median of a parent with 100 parallel steps
}

func measure(ctx context.Context, s settings, store string, round int) (f figures, err error) {
	dir, err := os.MkdirTemp(s.dir, store+"-*")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	url := "sqlite:" + filepath.Join(dir, "bench.db")
	if store == "postgres" {
		if url, err = freshDatabase(ctx, s.postgres, fmt.Sprintf("bench_%d", round)); err != nil {
			return f, err
		}
	}
	b, err := openBed(ctx, url)
	if err != nil {
		return f, err
	}
	defer func() {
		if closeErr := b.close(); err == nil {
			err = closeErr
		}
	}()
	if err := b.runMany(ctx, 200, s.starters, nil); err != nil { // warm up
		return f, err
	}
	return b.figures(ctx, s)
}

func (b *bed) figures(ctx context.Context, s settings) (f figures, err error) {
	sizeBefore, err := b.size(ctx)
	if err != nil {
		return f, err
	}
	cpu, begin := cpuTime(), time.Now()
	latencies := make([]time.Duration, s.runs)
	if err := b.runMany(ctx, s.runs, s.starters, latencies); err != nil {
		return f, err
	}
	took := time.Since(begin)
	f.cpuPerRun = (cpuTime() - cpu) / time.Duration(s.runs)
	f.runsPerSecond = float64(s.runs) / took.Seconds()
	slices.Sort(latencies)
	f.p50, f.p99 = latencies[s.runs/2], latencies[s.runs*99/100]
	sizeAfter, err := b.size(ctx)
	if err != nil {
		return f, err
	}
	f.bytesPerRun = float64(sizeAfter-sizeBefore) / float64(s.runs)
	fans := make([]time.Duration, s.fans)
	for i := range fans {
		begin := time.Now()
		if err := b.runOne(ctx, b.fan); err != nil {
			return f, err
		}
		fans[i] = time.Since(begin)
	}
	slices.Sort(fans)
	f.fan = fans[len(fans)/2]
	return f, nil
}

func print(s settings, floors []float64, stores []string, measured map[string][]figures) {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "5 steps with effects, %d runs, %d starters, median of %d rounds\t\n", s.runs, s.starters, s.rounds)
	fmt.Fprintln(w, "store\truns/s\t÷ floor\tp50 ms\tp99 ms\tCPU ms/run\tbytes/run\t100 parallel ms\t")
	fmt.Fprintf(w, "floor\t%.0f\t1.00\t\t\t\t\t\t\n", median(floors))
	for _, store := range stores {
		m := measured[store]
		ratios := make([]float64, len(m))
		for i := range m {
			ratios[i] = m[i].runsPerSecond / floors[i]
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.1f\t%.1f\t%.3f\t%.0f\t%.1f\t\n", store,
			of(m, func(f figures) float64 { return f.runsPerSecond }), median(ratios),
			of(m, func(f figures) float64 { return ms(f.p50) }), of(m, func(f figures) float64 { return ms(f.p99) }),
			of(m, func(f figures) float64 { return ms(f.cpuPerRun) }), of(m, func(f figures) float64 { return f.bytesPerRun }),
			of(m, func(f figures) float64 { return ms(f.fan) }))
	}
	w.Flush()
}

// of is the median of one figure.
func of(m []figures, get func(figures) float64) float64 {
	values := make([]float64, len(m))
	for i, f := range m {
		values[i] = get(f)
	}
	return median(values)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
