package enginetest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var startCases = []Case{
	{Name: "start/IsDurableWhenItReturns", Run: startDurable},
	{Name: "start/HasBegunWhenItReturns", Atomic: true, Run: startBegun},
	{Name: "start/SameIdOnce", Run: startOnce},
	{Name: "start/RefusesWhatCannotRun", Run: startRefuses},
	{Name: "start/InputDoesNotDecode", Run: startBadInput},
	{Name: "start/EventsInOrder", Run: startEvents},
	{Name: "start/UnknownExecution", Run: startUnknown},
}

func startDurable(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 7)
	if got := h.types(id); !strings.HasPrefix(got, "created") {
		h.Errorf("after the answer there are: %s", got)
	}
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != 7 {
		h.Errorf("output %d, want 7", out)
	}
}

func startBegun(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 7)
	if got := h.types(id); !strings.HasPrefix(got, "created started step_started") {
		h.Errorf("after the answer there are: %s", got)
	}
	h.end(id, workflow.Completed)
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
	big, _ := json.Marshal(strings.Repeat("x", engine.MaxInputBytes-1))
	for name, s := range map[string]engine.Start{
		"no id":            {Function: fn, Version: 1},
		"unknown function": {Execution: "ex_x", Function: "test/none", Version: 1},
		"too large":        {Execution: "ex_x", Function: fn, Version: 1, Input: big},
		"no JSON":          {Execution: "ex_x", Function: fn, Version: 1, Input: json.RawMessage("{")},
		"public no object": {Execution: "ex_x", Function: fn, Version: 1, Public: json.RawMessage("[1]")},
		"no version":       {Execution: "ex_x", Function: fn},
	} {
		s.Workspace = workspace
		_, err := h.process.Engine.Start(h.Context(), s)
		h.Log(name)
		h.refused(0, err, engine.ErrInvalid)
	}
	largest := h.startOf("ex_largest", fn, nil)
	largest.Input = json.RawMessage("1" + strings.Repeat(" ", engine.MaxInputBytes-1))
	h.ok(h.process.Engine.Start(h.Context(), largest))
	h.end("ex_largest", workflow.Completed)
	if n := len(h.b.Events(h.T, workspace, "ex_x")); n != 0 {
		h.Errorf("a refused start left %d events", n)
	}
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
