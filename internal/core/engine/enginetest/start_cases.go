package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var startCases = []Case{
	{Name: "start/IsDurableWhenItReturns", Run: startDurable},
	{Name: "start/SameIdOnce", Run: startOnce},
	{Name: "start/RefusesWhatCannotRun", Run: startRefuses},
	{Name: "start/HeldUntilReleased", Run: startHeld},
	{Name: "start/HeldSurvivesCrash", Run: startHeldCrash},
	{Name: "start/InputDoesNotDecode", Run: startBadInput},
	{Name: "start/OpenListsWhatHasNotEnded", Run: startOpen},
	{Name: "start/OpenListsWhatWasRecovered", Run: startRecovered},
	{Name: "start/EventsInOrder", Run: startEvents},
	{Name: "start/UnknownExecution", Run: startUnknown},
}

func startDurable(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 7)
	if got := h.types(id); !strings.HasPrefix(got, "created started step_started") {
		h.Errorf("after the answer there are: %s", got)
	}
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != 7 {
		h.Errorf("output %d, want 7", out)
	}
}

func startOnce(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	_, err := h.process.Engine.Start(h.Context(), engine.Start{Workspace: workspace, Execution: id, Function: fn, Kind: "test", Definition: "wf_test", Version: 1})
	h.refused(0, err, engine.ErrExists)
	// The same id in another workspace is another execution.
	_, err = h.process.Engine.Start(h.Context(), engine.Start{Workspace: "ws_other", Execution: id, Function: fn, Kind: "test", Definition: "wf_test", Version: 1, Input: json.RawMessage("1")})
	h.ok(0, err)
}

func startRefuses(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	big, _ := json.Marshal(strings.Repeat("x", engine.MaxValueBytes))
	for name, s := range map[string]engine.Start{
		"no id":            {Function: fn},
		"unknown function": {Execution: "ex_x", Function: "test/none"},
		"too large":        {Execution: "ex_x", Function: fn, Input: big},
		"no JSON":          {Execution: "ex_x", Function: fn, Input: json.RawMessage("{")},
		"public no object": {Execution: "ex_x", Function: fn, Public: json.RawMessage("[1]")},
	} {
		s.Workspace = workspace
		if _, err := h.process.Engine.Start(h.Context(), s); err == nil {
			h.Errorf("%s was started", name)
		}
	}
	if n := len(h.b.Events(h.T, workspace, "ex_x")); n != 0 {
		h.Errorf("a refused start left %d events", n)
	}
}

func startHeld(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.hold(fn, 1)
	if got := h.types(id); got != "created" {
		h.Errorf("held: %s", got)
	}
	h.state(id, workflow.Pending)
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 3}))
	h.end(id, workflow.Completed)
	h.wantNoted("a1")
}

func (h *H) hold(fn string, n int) string {
	h.Helper()
	id := "ex_held"
	s := h.startOf(id, fn, n)
	s.Hold = true
	h.ok(h.process.Engine.Start(h.Context(), s))
	return id
}

func startHeldCrash(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.hold(fn, 1)
	h.restart()
	h.state(id, workflow.Pending)
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 3}))
	// A second time changes nothing; the execution may have ended by then.
	if _, err := h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 3}); err != nil && !errors.Is(err, engine.ErrEnded) {
		h.Error(err)
	}
	h.end(id, workflow.Completed)
	h.wantNoted("a1")
}

func startBadInput(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	id := h.start(fn, "seven")
	h.end(id, workflow.Failed)
	if e := h.last(id, engine.EventFailed).Error; e == nil || e.Class != "validation" || e.Code != engine.CodeBadInput {
		h.Errorf("error %+v", e)
	}
}

func startOpen(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if n == 0 {
			return 0, nil
		}
		return n, run.Sleep(h.d(10000))
	})
	h.boot()
	ended, sleeping := h.start(fn, 0), h.start(fn, 1)
	h.end(ended, workflow.Completed)
	h.state(sleeping, workflow.Running)
	open := h.open()
	if len(open) != 1 || open[0].Execution != sleeping || open[0].Definition != "wf_test" || open[0].Workspace != workspace {
		h.Errorf("open: %+v", open)
	}
}

func startRecovered(h *H) {
	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	ids := []string{h.start(fn, 1), h.start(fn, 2)}
	h.until("the steps run", func() bool { return h.noted() == "a a" })
	h.kill()
	h.process = h.b.Boot(h.T, h.reg, h)
	<-h.process.Engine.Ready()
	if open := h.open(); len(open) != 2 { // at once: who tidies up asks now
		h.Errorf("open right after the start: %+v", open)
	}
	g.release()
	for _, id := range ids {
		h.end(id, workflow.Completed)
	}
}

func startEvents(h *H) {
	read := h.step("test/read", engine.StepOptions[int]{ReadOnly: true}, func(_ context.Context, n int) (int, error) { return n, nil })
	write := h.noting("w")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := read.Do(run, n); err != nil {
			return 0, err
		}
		return write.Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	if got, want := h.types(id), "created started step_completed step_started step_completed completed"; got != want {
		h.Errorf("events: %s\nwant:   %s", got, want)
	}
	if p := h.last(id, engine.EventStepCompleted); p.Step != "test/w" || p.Path != "2" || p.Attempt != 1 || p.ReadOnly {
		h.Errorf("step_completed: %+v", p)
	}
}

func startUnknown(h *H) {
	h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	_, err := h.process.Engine.Cancel(h.Context(), workspace, "ex_none", eventstore.Meta{})
	h.refused(0, err, engine.ErrNotFound)
}
