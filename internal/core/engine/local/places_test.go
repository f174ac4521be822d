package local_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestNeverMoreAtWorkThanPlaces(t *testing.T) {
	withPlaces(t, 3, map[string]func(*placed, engine.Run) (int, error){
		"many": func(p *placed, run engine.Run) (int, error) {
			for range 3 {
				if err := run.Sleep(time.Minute); err != nil {
					return 0, err
				}
				if _, err := engine.Map(run, 2, []int{0, 1, 2}, func(run engine.Run, i int) (int, error) { return p.second.Do(run, i) }); err != nil {
					return 0, err
				}
				if _, err := p.yes.Wait(run, 10*time.Minute); err != nil && !errors.Is(err, engine.ErrDeadline) {
					return 0, err
				}
			}
			return 0, nil
		},
	}, func(p *placed) {
		for i := range 20 {
			p.start(fmt.Sprintf("many-%d", i)) // sleeps at once
			p.places.holds()
		}
		time.Sleep(2 * time.Minute)
		for i := range 20 {
			p.signal(fmt.Sprintf("many-%d", i))
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if n := len(open(p, p.engine)); n != 0 {
			p.Errorf("%d have not ended", n)
		}
		p.places.holds()
		if p.places.peak != 3 || p.places.busiest != 3 {
			p.Errorf("at most %d places were held and %d executions at work, want 3", p.places.peak, p.places.busiest)
		}
	})
}

func TestWhatWaitsHoldsNoPlace(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){
		"sleeps": func(p *placed, run engine.Run) (int, error) { return 0, run.Sleep(time.Hour) },
		"waits":  func(p *placed, run engine.Run) (int, error) { return p.yes.Wait(run, engine.Forever) },
		"parks":  func(p *placed, run engine.Run) (int, error) { return p.parks.Do(run, 0) },
		"blocks": func(p *placed, run engine.Run) (int, error) {
			if _, err := p.stops.Do(run, 0); err != nil {
				return 0, err
			}
			return p.second.Do(run, 0)
		},
		"retries": func(p *placed, run engine.Run) (int, error) { return p.later.Do(run, 0) },
		"panics":  func(p *placed, run engine.Run) (int, error) { panic("no luck") },
	}, func(p *placed) {
		for _, id := range []string{"sleeps", "waits", "parks", "retries", "panics"} {
			p.start(id)
			p.places.holds()
		}
		p.start("blocks")
		p.places.holds("blocks")
		p.ok(p.engine.Pause(p.Context(), "ws", "blocks", eventstore.Meta{}))
		p.places.holds("blocks") // its step may end
		close(p.block)
		synctest.Wait()
		p.places.holds()
		if s := p.state("blocks"); s != workflow.Paused {
			p.Errorf("it is %s", s)
		}
		p.ok(p.engine.Resume(p.Context(), "ws", "blocks", eventstore.Meta{}))
		synctest.Wait()
		p.places.holds("blocks")
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds()
	})
}

func TestAWakeWaitsForAPlaceWithoutItsFunction(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){
		"blocks": func(p *placed, run engine.Run) (int, error) { return p.stops.Do(run, 0) },
		"sleeps": func(p *placed, run engine.Run) (int, error) {
			if err := run.Sleep(time.Minute); err != nil {
				return 0, err
			}
			return p.second.Do(run, 0)
		},
	}, func(p *placed) {
		for i := range 10 {
			p.start(fmt.Sprintf("sleeps-%d", i))
		}
		p.start("blocks")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		p.places.holds("blocks")
		if n := p.places.waiting(); n != 10 {
			p.Errorf("%d wait for a place", n)
		}
		if executions, machines := p.engine.InMemory(); executions != 11 || machines != 1 {
			p.Errorf("%d executions in memory, %d with their function", executions, machines)
		}
		close(p.block)
		time.Sleep(5 * time.Second) // one after the other, a second each
		synctest.Wait()
		if n := len(open(p, p.engine)); n < 4 || n > 6 {
			p.Errorf("%d are open", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds()
		if p.places.busiest != 1 {
			p.Errorf("%d were at work", p.places.busiest)
		}
	})
}

// However an execution ends, its place is given back once.
func TestAnEndGivesThePlaceBackOnce(t *testing.T) {
	ends := map[string]func(*placed, engine.Run) (int, error){
		"completes": func(p *placed, run engine.Run) (int, error) { return p.second.Do(run, 0) },
		"immediate": func(p *placed, run engine.Run) (int, error) { return 0, nil },
		"fails":     func(p *placed, run engine.Run) (int, error) { return 0, errors.New("off") },
		"blocks":    func(p *placed, run engine.Run) (int, error) { return p.stops.Do(run, 0) },
		"panics":    func(p *placed, run engine.Run) (int, error) { panic("no luck") },
		"continues": func(p *placed, run engine.Run) (int, error) {
			if _, err := p.second.Do(run, 0); err != nil || run.Info().Generation == 3 {
				return 0, err
			}
			return 0, engine.ContinueAsNew(0)
		},
	}
	withPlaces(t, 2, ends, func(p *placed) {
		for id := range ends {
			p.start(id)
			if id == "blocks" || id == "panics" {
				p.cancel(id)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			p.places.holds()
		}
		p.start("blocks-drained") // its place is the process's, which ends
	})
}

func TestReleaseAndItsPlace(t *testing.T) {
	withPlaces(t, 2, map[string]func(*placed, engine.Run) (int, error){
		"held": func(p *placed, run engine.Run) (int, error) { return p.second.Do(run, 0) },
	}, func(p *placed) {
		hold := func(id string) {
			p.ok(p.engine.Start(p.Context(), engine.Start{Workspace: "ws", Execution: id, Function: "test/held", Version: 1, Hold: true}))
			p.places.holds()
		}
		hold("ex_1")
		p.places.take("ex_1")
		p.ok(p.engine.Release(p.Context(), "ws", "ex_1", engine.Release{}))
		p.places.take("ex_1") // a second time: the place is one too many
		p.ok(p.engine.Release(p.Context(), "ws", "ex_1", engine.Release{}))
		p.places.holds("ex_1")
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds()

		hold("ex_2")
		p.places.take("ex_2")
		p.ok(p.engine.Release(p.Context(), "ws", "ex_2", engine.Release{Refused: &engine.Error{Code: engine.CodeInvalidInput}}))
		synctest.Wait()
		p.places.holds()

		hold("ex_3")
		p.cancel("ex_3")
		p.places.take("ex_3")
		if _, err := p.engine.Release(p.Context(), "ws", "ex_3", engine.Release{}); !errors.Is(err, engine.ErrEnded) {
			p.Errorf("a release of one that has ended: %v", err)
		}
		p.places.holds("ex_3") // still the caller's
		p.places.Release("ws", "ex_3")
	})
}

// A caller whose Start or Release fails still has the place.
func TestAFailedStartLeavesThePlaceToItsCaller(t *testing.T) {
	withPlaces(t, 5, map[string]func(*placed, engine.Run) (int, error){
		"once": func(p *placed, run engine.Run) (int, error) { return p.yes.Wait(run, engine.Forever) },
	}, func(p *placed) {
		s := engine.Start{Workspace: "ws", Execution: "ex_1", Function: "test/once", Version: 1}
		p.places.take("ex_1")
		p.store.Fail(enginetest.ErrDisk)
		if _, err := p.engine.Start(p.Context(), s); !errors.Is(err, enginetest.ErrDisk) {
			p.Errorf("a start on a full disk: %v", err)
		}
		p.places.holds("ex_1")
		p.store.Fail(nil)
		p.ok(p.engine.Start(p.Context(), s))
		synctest.Wait()
		p.places.holds()
		p.places.take("ex_1")
		if _, err := p.engine.Start(p.Context(), s); !errors.Is(err, engine.ErrExists) {
			p.Errorf("a second start: %v", err)
		}
		p.places.holds("ex_1")
		p.places.Release("ws", "ex_1")

		s.Execution, s.Hold = "ex_2", true
		p.ok(p.engine.Start(p.Context(), s))
		p.places.take("ex_2")
		p.store.Fail(enginetest.ErrDisk)
		if _, err := p.engine.Release(p.Context(), "ws", "ex_2", engine.Release{}); !errors.Is(err, enginetest.ErrDisk) {
			p.Errorf("a release on a full disk: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds("ex_2")
		p.store.Fail(nil)
		time.Sleep(time.Minute)
		p.places.holds("ex_2")
		p.ok(p.engine.Release(p.Context(), "ws", "ex_2", engine.Release{}))
		synctest.Wait()
		p.places.holds()
	})
}

func TestACancelReachesWhatWaitsForAPlace(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){
		"blocks": func(p *placed, run engine.Run) (int, error) { return p.stops.Do(run, 0) },
		"waits": func(p *placed, run engine.Run) (int, error) {
			if _, err := p.yes.Wait(run, engine.Forever); err != nil {
				return 0, err
			}
			n, err := p.second.Do(run, 0)
			if !errors.Is(err, engine.ErrCancelled) {
				p.Errorf("the step that never began gave %v", err)
			}
			var e *engine.Error
			if errors.As(err, &e) && e.Unknown {
				p.Error("it may have happened, it says")
			}
			return n, err
		},
		"sleeps": func(p *placed, run engine.Run) (int, error) { return 0, run.Sleep(time.Minute) },
	}, func(p *placed) {
		p.start("waits")
		p.start("sleeps")
		p.start("blocks")
		p.signal("waits") // calls its step, which waits for a place
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := p.places.waiting(); n != 2 {
			p.Fatalf("%d wait for a place", n)
		}
		p.cancel("waits")
		p.cancel("sleeps")
		if n := len(open(p, p.engine)); n != 1 {
			p.Errorf("%d are open after the cancel", n)
		}
		close(p.block) // the places that were asked for come too late
		synctest.Wait()
		p.places.holds()
		if n := p.places.waiting(); n != 0 {
			p.Errorf("%d wait for a place", n)
		}
	})
}

func TestAChildAsksForItsPlace(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){}, func(p *placed) {
		child := engine.NewWorkflow(p.reg, "test/child", func(run engine.Run, n int) (int, error) {
			for range 2 {
				if _, err := p.second.Do(run, n); err != nil {
					return 0, err
				}
				if err := run.Sleep(time.Minute); err != nil {
					return 0, err
				}
			}
			return n, nil
		})
		engine.NewWorkflow(p.reg, "test/parent", func(run engine.Run, _ int) (int, error) {
			_, err := engine.Map(run, 0, []int{1, 2, 3}, func(run engine.Run, i int) (int, error) { return child.Do(run, fmt.Sprint("c", i), i) })
			return 0, err
		})
		p.start("parent")
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(open(p, p.engine)); n != 0 {
			p.Errorf("%d are open", n)
		}
		p.places.holds()
		firsts := 0
		for _, asked := range p.places.asked {
			if strings.HasSuffix(asked, ":") {
				firsts++
			}
		}
		if firsts != 3 || len(p.places.asked) < 6 {
			p.Errorf("asked: %v, want the first place of each child without a state", p.places.asked)
		}
		if p.places.busiest != 1 {
			p.Errorf("%d were at work", p.places.busiest)
		}
	})
}

// A step that waits for a place when the process stops has not begun, and the next
// process knows it.
func TestWhatWaitsForAPlaceAtTheEndHasNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg, store, few := engine.NewRegistry(), enginetest.NewMemory(), newPlaces(t, 1)
		t.Cleanup(func() { store.Close() })
		runs := map[string]int{}
		var mu sync.Mutex
		yes := engine.NewSignal[int](reg, "test/yes")
		step := func(name string, o engine.StepOptions[int]) engine.Step[int, int] {
			return engine.NewStep(reg, name, o, func(ctx context.Context, n int) (int, error) {
				mu.Lock()
				runs[name]++
				mu.Unlock()
				return engine.InStep(ctx).Attempt, nil
			})
		}
		pay, read := step("test/pay", engine.StepOptions[int]{Once: true}), step("test/read", engine.StepOptions[int]{ReadOnly: true})
		fn := engine.NewWorkflow(reg, "test/main", func(run engine.Run, _ int) (int, error) {
			if _, err := yes.Wait(run, engine.Forever); err != nil {
				return 0, err
			}
			tries := 0
			err := engine.All(run, func(run engine.Run) error {
				n, err := pay.Do(run, 1)
				tries += n
				return err
			}, func(run engine.Run) error {
				n, err := read.Do(run, 1)
				tries += n
				return err
			})
			return tries, err
		}).Name()
		e, stop := life(t, local.Options{Store: store, Registry: reg, Places: few, DrainTimeout: time.Second})
		few.take("ex_1")
		start(t, e, "ex_1", fn)
		synctest.Wait()
		few.take("ex_other") // the only place is someone else's
		if _, err := e.Signal(t.Context(), "ws", "ex_1", "test/yes", "", []byte("1"), eventstore.Meta{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := few.waiting(); n != 1 {
			t.Fatalf("%d wait for a place", n)
		}
		stop()
		if len(runs) != 0 {
			t.Fatalf("it ran: %v", runs)
		}
		o := &ends{}
		running(t, local.Options{Store: o.in(store), Registry: reg})
		if end := <-o.of("ex_1"); end != workflow.Completed {
			t.Errorf("it ended %s", end)
		}
		if runs["test/pay"] != 1 || runs["test/read"] != 1 {
			t.Errorf("it ran: %v", runs)
		}
		events, _ := store.ReadStream(t.Context(), eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex_1"}, 0, 100)
		if out, _ := engine.DecodeEnded(events[len(events)-1].Data); string(out) != "2" {
			t.Errorf("it took %s attempts, want one for each step", out)
		}
	})
}
