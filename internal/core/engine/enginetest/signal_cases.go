package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var signalCases = []Case{
	{Name: "signal/WakesTheWait", Run: signalWakes},
	{Name: "signal/KeptUntilSomeoneWaits", Run: signalKept},
	{Name: "signal/SameIdOnce", Run: signalDedup},
	{Name: "signal/Deadline", Run: signalDeadline},
	{Name: "signal/Poll", Run: signalPoll},
	{Name: "signal/RefusedAfterTheEnd", Run: signalEnded},
	{Name: "signal/RefusesWhatNobodyKnows", Run: signalUnknown},
	{Name: "signal/DoesNotDecode", Run: signalBad},
	{Name: "signal/WithoutData", Run: signalEmpty},
	{Name: "signal/KeepsSoManyAndNoMore", Run: signalBound},
	{Name: "signal/KeepsSoMuchAndNoMore", Run: signalBoundBytes},
}

func signalWakes(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return approve.Wait(run, engine.Forever) })
	h.boot()
	id := h.start(fn, 1)
	h.restart()
	h.send(id, "test/approve", "s1", 42)
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != 42 {
		h.Errorf("got %d", out)
	}
}

func signalKept(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if err := run.Sleep(h.d(5)); err != nil {
			return 0, err
		}
		a, err := approve.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		b, err := approve.Wait(run, engine.Forever)
		return a*10 + b, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.send(id, "test/approve", "s1", 1)
	h.send(id, "test/approve", "s2", 2)
	h.restart()
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != 12 {
		h.Errorf("got %d, want both in order", out)
	}
}

func signalDedup(h *H) { // I14

	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		a, err := approve.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		b, err := approve.Wait(run, engine.Forever)
		return a*10 + b, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.send(id, "test/approve", "same", 1)
	h.send(id, "test/approve", "same", 1)
	h.restart()
	h.send(id, "test/approve", "same", 1)
	h.send(id, "test/approve", "other", 2)
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != 12 {
		h.Errorf("got %d", out)
	}
}

func signalDeadline(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := approve.Wait(run, h.d(3))
		if !errors.Is(err, engine.ErrDeadline) {
			return 0, fmt.Errorf("got %w", err)
		}
		return n, nil
	})
	h.boot()
	began := time.Now()
	id := h.start(fn, 1)
	h.restart()
	h.end(id, workflow.Completed)
	if took := time.Since(began); took < h.d(3) {
		h.Errorf("waited %s", took)
	}
}

func signalPoll(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := approve.Wait(run, 0); !errors.Is(err, engine.ErrDeadline) {
			return 0, fmt.Errorf("poll gave %w", err)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
}

func signalEnded(h *H) {
	engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	_, err := h.process.Engine.Signal(h.Context(), workspace, id, "test/approve", "s", json.RawMessage("1"), eventstore.Meta{})
	h.refused(0, err, engine.ErrEnded)
}

func signalUnknown(h *H) {
	engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(10000)) })
	h.boot()
	id := h.start(fn, 1)
	_, err := h.process.Engine.Signal(h.Context(), workspace, id, "test/other", "s", json.RawMessage("1"), eventstore.Meta{})
	h.refused(0, err, engine.ErrInvalid)
	big, _ := json.Marshal(strings.Repeat("x", engine.MaxValueBytes))
	_, err = h.process.Engine.Signal(h.Context(), workspace, id, "test/approve", "s", big, eventstore.Meta{})
	h.refused(0, err, engine.ErrInvalid)
}

func signalBad(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := approve.Wait(run, engine.Forever); !errors.Is(err, &engine.Error{Class: "validation"}) {
			return 0, fmt.Errorf("got %w", err)
		}
		return approve.Wait(run, engine.Forever)
	})
	h.boot()
	id := h.start(fn, 1)
	h.send(id, "test/approve", "", "text")
	h.send(id, "test/approve", "", 5)
	h.end(id, workflow.Completed)
}

func signalEmpty(h *H) {
	approve := engine.NewSignal[engine.None](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := approve.Wait(run, engine.Forever)
		return n, err
	})
	h.boot()
	id := h.start(fn, 4)
	h.ok(h.process.Engine.Signal(h.Context(), workspace, id, "test/approve", "", nil, eventstore.Meta{}))
	h.wantOutput(id, 4)
}

// signalled sends a signal that may be refused.
func (h *H) signalled(id, name string, data string) error {
	_, err := h.process.Engine.Signal(h.Context(), workspace, id, name, "", []byte(data), eventstore.Meta{})
	return err
}

// What no one takes is kept, up to a bound; there is room again once one is taken.
func signalBound(h *H) {
	approve, hurry := engine.NewSignal[int](h.reg, "test/approve"), engine.NewSignal[int](h.reg, "test/hurry")
	fn := h.workflow(func(run engine.Run, _ int) (int, error) {
		if _, err := hurry.Wait(run, engine.Forever); err != nil {
			return 0, err
		}
		n, err := approve.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		_, err = hurry.Wait(run, engine.Forever)
		return n, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventWaiting, 1)
	for n := range engine.MaxUnreadSignals {
		h.send(id, "test/approve", "", n+5)
		if n == 10 {
			h.pause(id) // those that come now are held back
		}
		if n == 20 {
			h.resume(id)
		}
	}
	if err := h.signalled(id, "test/approve", "1"); !errors.Is(err, engine.ErrTooManySignals) {
		h.Errorf("one too many: %v", err)
	}
	h.pause(id)
	if err := h.signalled(id, "test/approve", "1"); !errors.Is(err, engine.ErrTooManySignals) {
		h.Errorf("one too many in a pause: %v", err)
	}
	h.resume(id)
	h.send(id, "test/hurry", "", 1) // which it waits for; then it takes one of the others
	h.has(id, engine.EventWaiting, 2)
	h.send(id, "test/approve", "", 1)
	h.send(id, "test/hurry", "", 1)
	h.wantOutput(id, 5)
}

func signalBoundBytes(h *H) {
	engine.NewSignal[string](h.reg, "test/text")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(100000)) })
	h.boot()
	id := h.start(fn, 1)
	large := `"` + strings.Repeat("x", engine.MaxValueBytes-2) + `"`
	for range engine.MaxUnreadBytes / engine.MaxValueBytes {
		if err := h.signalled(id, "test/text", large); err != nil {
			h.Fatal(err)
		}
	}
	if err := h.signalled(id, "test/text", `""`); !errors.Is(err, engine.ErrTooManySignals) {
		h.Errorf("two bytes too many: %v", err)
	}
	h.cancel(id)
	h.end(id, workflow.Cancelled)
}
