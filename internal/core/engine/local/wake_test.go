package local_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
)

// counted are places of which there are enough.
type counted struct{ held atomic.Int64 }

func (c *counted) Acquire(_ engine.OpenExecution, granted func()) {
	c.held.Add(1)
	granted()
}
func (c *counted) Release(string, string) { c.held.Add(-1) }

// An execution that is woken the moment it leaves memory is woken, and gives its
// place back.
func TestAWakeMeetsAnEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		fn := engine.NewWorkflow(reg, "test/sleep", func(run engine.Run, n int) (int, error) { return n, run.Sleep(time.Second) }).Name()
		memory, o, places := enginetest.NewMemory(), &ends{}, &counted{}
		t.Cleanup(func() { memory.Close() })
		store := &held{Store: o.in(memory)}
		e := running(t, local.Options{Store: store, Registry: reg, Places: places})
		const n = 1000
		store.keep()
		for i := range n {
			places.held.Add(1)
			go func() {
				s := engine.Start{Workspace: "ws", Execution: fmt.Sprint("ex_", i), Function: fn, Kind: "test", Definition: "wf", Version: 1}
				if _, err := e.Start(t.Context(), s); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		store.letGo()
		synctest.Wait()
		if open := len(open(t, e)); open > 0 {
			t.Errorf("%d still sleep", open)
		}
		time.Sleep(5 * time.Minute)
		if open := len(open(t, e)); open > 0 {
			t.Errorf("%d still sleep after minutes", open)
		}
		if held := places.held.Load(); held != 0 {
			t.Errorf("%d places were not given back", held)
		}
	})
}
