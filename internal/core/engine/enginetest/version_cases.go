package enginetest

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

var versionCases = []Case{
	{Name: "version/NewestWhenItIsMetFirst", Run: versionNewest},
	{Name: "version/ZeroForWhatIsOlder", Run: versionZero},
	{Name: "version/ItsMarkReplays", Run: versionMark},
	{Name: "version/MetBehindTheHistory", Run: versionBehind},
	{Name: "version/ARunningLoopNeverSeesANewer", Run: versionLoop},
	{Name: "version/ANewGenerationDoes", Run: versionGeneration},
}

// steady registers what all builds of these cases have: a step that notes, and
// one that waits at the gate.
func (h *H) steady(g *gate) (say, wait engine.Step[int, int]) {
	h.reg = engine.NewRegistry()
	return h.noting("v"), h.step("test/wait", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("wait")
		return n, g.wait(ctx)
	})
}

func versionNewest(h *H) {
	say, _ := h.steady(newGate())
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return say.Do(run, run.Version("more", 2)) })
	h.boot()
	h.wantOutput(h.start(fn, 1), 2)
}

// waiting starts a workflow that waits at the gate before it goes on with body.
func (h *H) waiting(g *gate, body func(run engine.Run, say engine.Step[int, int]) (int, error)) string {
	say, wait := h.steady(g)
	return h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := wait.Do(run, n); err != nil {
			return 0, err
		}
		return body(run, say)
	})
}

func versionZero(h *H) {
	g := newGate()
	fn := h.waiting(g, func(run engine.Run, say engine.Step[int, int]) (int, error) { return say.Do(run, 0) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "wait" })
	say, wait := h.steady(g)
	h.workflow(func(run engine.Run, n int) (int, error) {
		v := run.Version("before", 1) // it passed this place before the change
		if _, err := wait.Do(run, n); err != nil {
			return 0, err
		}
		if again := run.Version("before", 1); again != v {
			h.Errorf("the change is %d and %d", v, again)
		}
		return say.Do(run, v)
	})
	h.reboot()
	g.release()
	h.wantOutput(id, 0)
	h.wantNoted("wait wait v0")
}

func versionMark(h *H) {
	g := newGate()
	body := func(newest int) string {
		say, wait := h.steady(g)
		return h.workflow(func(run engine.Run, n int) (int, error) {
			v := run.Version("change", newest)
			if _, err := wait.Do(run, v); err != nil {
				return 0, err
			}
			return say.Do(run, run.Version("change", newest)*10+v)
		})
	}
	fn := body(1)
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "wait" })
	body(2)
	h.reboot()
	g.release()
	h.wantOutput(id, 11)
	h.wantOutput(h.start(fn, 1), 22)
}

func versionBehind(h *H) {
	g := newGate()
	fn := h.waiting(g, func(run engine.Run, say engine.Step[int, int]) (int, error) { return say.Do(run, 0) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "wait" })
	h.waiting(g, func(run engine.Run, say engine.Step[int, int]) (int, error) {
		return say.Do(run, run.Version("behind", 3))
	})
	h.reboot()
	g.release()
	h.wantOutput(id, 3)
}

func versionLoop(h *H) {
	g := newGate()
	build := func(newest int) string {
		say, wait := h.steady(g)
		return h.workflow(func(run engine.Run, n int) (int, error) {
			for i := range n {
				v := 0
				if newest > 0 {
					v = run.Version("loop", newest)
				}
				if _, err := say.Do(run, v); err != nil {
					return 0, err
				}
				if i == 0 {
					if _, err := wait.Do(run, i); err != nil {
						return 0, err
					}
				}
			}
			return n, nil
		})
	}
	fn := build(0)
	h.boot()
	id := h.start(fn, 3)
	h.until("the step runs", func() bool { return h.noted() == "v0 wait" })
	build(1)
	h.reboot()
	h.until("the step runs again", func() bool { return h.noted() == "v0 wait wait" })
	g.release()
	h.wantOutput(id, 3)
	h.wantNoted("v0 wait wait v0 v0")
}

func versionGeneration(h *H) {
	g := newGate()
	build := func(newest int) string {
		say, wait := h.steady(g)
		return h.workflow(func(run engine.Run, n int) (int, error) {
			v := 0
			if newest > 0 {
				v = run.Version("loop", newest)
			}
			if _, err := say.Do(run, v); err != nil {
				return 0, err
			}
			if n == 0 {
				return v, nil
			}
			if _, err := wait.Do(run, n); err != nil {
				return 0, err
			}
			return 0, engine.ContinueAsNew(n - 1)
		})
	}
	fn := build(0)
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "v0 wait" })
	build(1)
	h.reboot()
	g.release()
	h.wantOutput(id, 1)
	h.wantNoted("v0 wait wait v1")
}
