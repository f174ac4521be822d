package enginetest

import (
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var openCases = []Case{
	{Name: "open/ListsWhatHasNotEnded", Run: openLists},
	{Name: "open/ListsWhatWasRecovered", Run: openRecovered},
	{Name: "open/InPages", Run: openPages},
	{Name: "open/PendingInTheirOrder", Run: openPending},
	{Name: "open/AnotherEnginesAreNotTouched", Run: openForeign},
}

func openLists(h *H) {
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

func openRecovered(h *H) {
	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	ids := []string{h.start(fn, 1), h.start(fn, 2)}
	h.until("the steps run", func() bool { return h.noted() == "a a" })
	h.kill()
	h.boot()
	if open := h.open(); len(open) != 2 { // at once: who tidies up asks now
		h.Errorf("open right after the start: %+v", open)
	}
	g.release()
	for _, id := range ids {
		h.end(id, workflow.Completed)
	}
}

func openPages(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(10000)) })
	h.boot()
	var want []string
	for i := range 7 { // the pages have three
		want = append(want, h.start(fn, i))
	}
	for range 2 {
		var got []string
		for _, o := range h.open() {
			got = append(got, o.Execution)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			h.Errorf("listed: %v, want %v", got, want)
		}
		h.restart()
	}
	h.cancel(want[3])
	h.end(want[3], workflow.Cancelled)
	if n := len(h.open()); n != 6 {
		h.Errorf("%d are open after one has ended", n)
	}
}

func openPending(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	for i, priority := range []int{0, 5, 0, 5, -1} {
		s := h.startOf(fmt.Sprintf("ex_%d", i), fn, i)
		s.Hold, s.Priority = true, priority
		h.ok(h.process.Engine.Start(h.Context(), s))
	}
	h.restart()
	pending := func(limit int) (ids []string) {
		all, err := h.process.Engine.Pending(h.Context(), workspace, "wf_test", limit)
		if err != nil {
			h.Fatal(err)
		}
		for _, o := range all {
			ids = append(ids, o.Execution)
		}
		return ids
	}
	if got := fmt.Sprint(pending(10)); got != "[ex_1 ex_3 ex_0 ex_2 ex_4]" {
		h.Errorf("pending: %s", got)
	}
	h.release("ex_1")
	h.cancel("ex_0")
	if got := fmt.Sprint(pending(2)); got != "[ex_3 ex_2]" {
		h.Errorf("pending: %s", got)
	}
	h.end("ex_1", workflow.Completed)
}

func openForeign(h *H) {
	h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.b.Foreign(h.T, workspace, "ex_foreign")
	h.boot()
	h.restart()
	if open := h.open(); len(open) != 0 {
		h.Errorf("open: %+v", open)
	}
	_, err := h.process.Engine.Cancel(h.Context(), workspace, "ex_foreign", eventstore.Meta{})
	h.refused(0, err, engine.ErrNotFound)
	_, err = h.process.Engine.Release(h.Context(), workspace, "ex_foreign", engine.Release{Version: 1})
	h.refused(0, err, engine.ErrNotFound)
	_, err = h.process.Engine.Start(h.Context(), engine.Start{Workspace: workspace, Execution: "ex_mine", Function: "test/main", Version: 1,
		Origin: &engine.Origin{Execution: "ex_foreign"}})
	h.refused(0, err, engine.ErrNoOrigin)
	if got := h.types("ex_foreign"); got != "created" {
		h.Errorf("its stream: %s", got)
	}
}
