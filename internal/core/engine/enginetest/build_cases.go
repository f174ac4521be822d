package enginetest

import (
	"context"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var buildCases = []Case{
	{Name: "build/ChangedFunctionParks", Run: buildChanged},
	{Name: "build/FixedBuildResumes", Run: buildFixed},
	{Name: "build/PanicParksAndAFixedBuildGoesOn", Run: buildPanic},
	{Name: "build/ResumeWithTheWrongBuildStaysParked", Run: buildWrong},
	{Name: "build/MissingFunctionParks", Run: buildMissing},
	{Name: "build/CancelOfAParkedFunctionEndsIt", Run: buildCancel},
	{Name: "build/ACancelThatBreaksTheFunctionEndsIt", Run: buildCancelBreaks},
	{Name: "build/ResultOfAnotherTypeParks", Run: buildType},
	{Name: "build/CallAfterTheEndOfHistoryIsFound", Run: buildLonger},
}

// build fills a fresh registry with a function that runs the named steps in
// order and sleeps where a name is empty.
func (h *H) build(names ...string) string {
	h.reg = engine.NewRegistry()
	steps := map[string]engine.Step[int, int]{}
	for _, name := range names {
		if name != "" && name != "panic" {
			if _, ok := steps[name]; !ok {
				steps[name] = h.noting(name)
			}
		}
	}
	return h.workflow(func(run engine.Run, n int) (int, error) {
		for _, name := range names {
			var err error
			switch name {
			case "":
				err = run.Sleep(h.d(40))
			case "panic":
				panic("no such luck")
			default:
				_, err = steps[name].Do(run, n)
			}
			if err != nil {
				return 0, err
			}
		}
		return n, nil
	})
}

// rebuild kills the process and starts one with another build.
func (h *H) rebuild(names ...string) {
	h.Helper()
	h.build(names...)
	h.reboot()
}

func buildChanged(h *H) { // I5

	fn := h.build("a", "", "b")
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.rebuild("x", "", "b")
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonNondeterministic || p.Error == nil || p.Step != "test/a" {
		h.Fatalf("parked: %+v", p)
	}
	if p.Path != "1" {
		h.Errorf("parked at path %q", p.Path)
	}
	for _, part := range []string{"record 3", "test/a", "test/x", "path 1"} {
		if !strings.Contains(p.Error.Message, part) {
			h.Errorf("%q does not say %q", p.Error.Message, part)
		}
	}
	h.wantNoted("a1")
	delete(h.built, id)
}

func buildFixed(h *H) {
	fn := h.build("a", "", "b")
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.rebuild("x", "", "b")
	h.state(id, workflow.Parked)
	h.rebuild("a", "", "b")
	h.end(id, workflow.Completed)
	h.wantNoted("a1 b1")
}

func buildPanic(h *H) {
	fn := h.build("a", "panic")
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	if p := h.last(id, engine.EventParked); p.Reason != workflow.ReasonFunctionBroken || p.Error.Code != engine.CodePanic || !strings.Contains(p.Error.Message, "no such luck; start a build that mends it, then resume; or cancel") {
		h.Errorf("parked: %+v", p)
	}
	h.restart()
	h.state(id, workflow.Parked)
	h.rebuild("a", "b")
	h.end(id, workflow.Completed)
	h.wantNoted("a1 b1") // the result that met the panic was kept
}

func buildWrong(h *H) {
	fn := h.build("a", "", "b")
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.rebuild("x", "", "b")
	h.state(id, workflow.Parked)
	h.resume(id)
	h.state(id, workflow.Parked)
	if n := h.count(id, engine.EventUnparked); n != 0 {
		h.Errorf("%d unparked events", n)
	}
	delete(h.built, id)
}

func buildMissing(h *H) {
	fn := h.build("a", "", "b")
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.kill()
	h.reg = engine.NewRegistry()
	h.boot()
	h.state(id, workflow.Parked)
	if p := h.last(id, engine.EventParked); !strings.Contains(p.Error.Message, "test/main") {
		h.Errorf("parked: %+v", p)
	}
	h.rebuild("a", "", "b")
	h.end(id, workflow.Completed)
}

func buildCancel(h *H) {
	fn := h.build("a", "panic")
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	if e := h.last(id, engine.EventCancelled).Error; e == nil || e.Code != engine.CodeNotUndone {
		h.Errorf("ended with %+v", e)
	}
	_, err := h.process.Engine.Resume(h.Context(), workspace, id, eventstore.Meta{})
	h.refused(0, err, engine.ErrEnded)
	delete(h.built, id)
}

// The result that meets the panic is held back by a pause: the cancel feeds it.
func buildCancelBreaks(h *H) {
	g := newGate()
	a := h.gated("a", g)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, _ = a.Do(run, n)
		panic("no such luck")
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a1" })
	h.pause(id)
	g.release()
	h.has(id, engine.EventStepCompleted, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	if e := h.last(id, engine.EventCancelled).Error; e == nil || e.Code != engine.CodeNotUndone || !strings.Contains(e.Message, "no such luck") {
		h.Errorf("ended with %+v", e)
	}
	delete(h.built, id)
}

func buildType(h *H) {
	fn := h.build("a", "", "b")
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.kill()
	h.reg = engine.NewRegistry()
	step := engine.NewStep(h.reg, "test/a", engine.StepOptions[int]{}, func(context.Context, int) (struct{ N int }, error) { return struct{ N int }{}, nil })
	h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := step.Do(run, n)
		return 0, err
	})
	h.boot()
	h.state(id, workflow.Parked)
	if p := h.last(id, engine.EventParked); p.Step != "test/a" || p.Path != "1" || !strings.Contains(p.Error.Message, "cannot hold it") {
		h.Errorf("parked: %+v", p)
	}
	delete(h.built, id)
}

func buildLonger(h *H) {
	fn := h.build("a", "")
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.rebuild("a", "b", "")
	h.state(id, workflow.Parked)
	h.wantNoted("a1")
	delete(h.built, id)
}
