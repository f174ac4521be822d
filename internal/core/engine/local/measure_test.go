package local_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// notes is a meter that writes down what it hears.
type notes struct {
	mu    sync.Mutex
	heard []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = append(n.heard, fmt.Sprintf(format, args...))
}

func (n *notes) ExecutionEnded(kind string, s workflow.ExecutionState, took time.Duration) {
	n.add("%s %s %s", kind, s, took)
}
func (n *notes) StepEnded(step string, completed bool, took time.Duration) {
	n.add("%s %t %s", step, completed, took)
}
func (n *notes) StepRetried(step string, c failure.Class) { n.add("%s again %s", step, c) }

func TestMeterHearsOfEachEndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		calls := 0
		step := engine.NewStep(reg, "test/second_time", engine.StepOptions[int]{}, func(context.Context, int) (int, error) {
			time.Sleep(time.Second)
			if calls++; calls == 1 {
				return 0, failure.New(failure.Transient, "", "not yet")
			}
			return 1, nil
		})
		fn := engine.NewWorkflow(reg, "test/measured", func(run engine.Run, n int) (int, error) { return step.Do(run, n) }).Name()
		store, n, o := enginetest.NewMemory(), &notes{}, &ends{}
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: o.in(store), Registry: reg, Meter: n, Chance: func() float64 { return 0.5 }})
		start(t, e, "ex_1", fn)
		<-o.of("ex_1")
		synctest.Wait()
		want := []string{"test/second_time again transient", "test/second_time true 1s", "test completed 2.5s"}
		if !slices.Equal(n.heard, want) {
			t.Errorf("heard %q, want %q", n.heard, want)
		}
	})
}
