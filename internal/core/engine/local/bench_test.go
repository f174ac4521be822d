package local_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
)

// noops registers a workflow of five steps that do nothing, and one of a
// hundred side by side.
func noops() *engine.Registry {
	reg := engine.NewRegistry()
	noop := engine.NewStep(reg, "bench/noop", engine.StepOptions[engine.None]{}, func(context.Context, engine.None) (engine.None, error) { return engine.None{}, nil })
	engine.NewWorkflow(reg, "bench/five", func(run engine.Run, _ engine.None) (engine.None, error) {
		for range 5 {
			if _, err := noop.Do(run, engine.None{}); err != nil {
				return engine.None{}, err
			}
		}
		return engine.None{}, nil
	})
	engine.NewWorkflow(reg, "bench/hundred", func(run engine.Run, _ engine.None) (engine.None, error) {
		_, err := engine.Map(run, 0, make([]engine.None, 100), func(run engine.Run, n engine.None) (engine.None, error) { return noop.Do(run, n) })
		return engine.None{}, err
	})
	return reg
}

func onMemory(b *testing.B) local.Options {
	s := enginetest.NewMemory()
	b.Cleanup(func() { s.Close() })
	return local.Options{Store: s}
}

func onSQLite(b *testing.B) local.Options {
	d, s, err := openStore(b.Context(), sqliteURL(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close(); d.Close() })
	return local.Options{Store: s, DB: d}
}

func bench(b *testing.B, o local.Options, function string, starters int) {
	obs := &ends{}
	o.Registry, o.Store = noops(), obs.in(o.Store)
	e := running(b, o)
	<-e.Ready()
	var next sync.Mutex
	started := 0
	b.ResetTimer()
	var all sync.WaitGroup
	for range starters {
		all.Go(func() {
			for {
				next.Lock()
				started++
				i := started
				next.Unlock()
				if i > b.N {
					return
				}
				id := fmt.Sprintf("ex_%d", i)
				end := obs.of(id)
				start(b, e, id, function)
				<-end
			}
		})
	}
	all.Wait()
	b.StopTimer()
}

func BenchmarkFiveSteps(b *testing.B) {
	b.Run("memory", func(b *testing.B) { bench(b, onMemory(b), "bench/five", 50) })
	b.Run("sqlite", func(b *testing.B) { bench(b, onSQLite(b), "bench/five", 50) })
}

func BenchmarkHundredParallelSteps(b *testing.B) {
	b.Run("memory", func(b *testing.B) { bench(b, onMemory(b), "bench/hundred", 1) })
	b.Run("sqlite", func(b *testing.B) { bench(b, onSQLite(b), "bench/hundred", 1) })
}

func BenchmarkReplayOfHundredSteps(b *testing.B) {
	o := onMemory(b)
	obs := &ends{}
	o.Registry, o.Store = noops(), obs.in(o.Store)
	e := running(b, o)
	start(b, e, "ex_1", "bench/hundred")
	<-obs.of("ex_1")
	b.ResetTimer()
	for range b.N {
		if err := local.Replay(o.Store, o.Registry, "ws", "ex_1"); err != nil {
			b.Fatal(err)
		}
	}
}
