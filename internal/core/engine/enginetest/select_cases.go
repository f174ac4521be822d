package enginetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var selectCases = []Case{
	{Name: "select/FirstThatArrivesWins", Run: selectFirst},
	{Name: "select/UnreadInTheOrderOfArrival", Run: selectUnread},
	{Name: "select/Deadline", Run: selectDeadline},
	{Name: "select/OnlyLooks", Run: selectPoll},
	{Name: "select/EndsWithACancel", Run: selectCancel},
	{Name: "select/ReturnsWhatItsCaseReturns", Run: selectError},
	{Name: "select/ASignalGoesToOneBranch", Run: selectBranches},
}

// choices registers two signals and a workflow that adds up, in base 10, what
// selects with these deadlines take: 1 to 4 of yes, 5 to 9 of no.
func (h *H) choices(waits ...time.Duration) string {
	yes, no := engine.NewSignal[int](h.reg, "test/yes"), engine.NewSignal[int](h.reg, "test/no")
	return h.workflow(func(run engine.Run, pause int) (int, error) {
		sum := 0
		if err := run.Sleep(h.d(pause)); err != nil {
			return 0, err
		}
		for _, wait := range waits {
			err := engine.Select(run, wait, yes.Then(func(n int) error {
				if n > 4 {
					h.Errorf("yes got %d", n)
				}
				sum = sum*10 + n
				return nil
			}), no.Then(func(n int) error {
				if n <= 4 {
					h.Errorf("no got %d", n)
				}
				sum = sum*10 + n
				return nil
			}))
			if errors.Is(err, engine.ErrDeadline) {
				sum *= 10
			} else if err != nil {
				return 0, err
			}
		}
		return sum, nil
	})
}

func selectFirst(h *H) {
	fn := h.choices(engine.Forever, engine.Forever, engine.Forever)
	h.boot()
	id := h.start(fn, 0)
	h.has(id, engine.EventWaiting, 1)
	if p := h.last(id, engine.EventWaiting); p.Name != "test/yes,test/no" || !p.Until.IsZero() || p.Path != "2" {
		h.Errorf("waiting: %+v", p)
	}
	h.send(id, "test/no", "s1", 5)
	h.restart()
	h.send(id, "test/yes", "s2", 1)
	h.restart()
	h.send(id, "test/no", "s3", 6)
	h.wantOutput(id, 516)
}

func selectUnread(h *H) {
	fn := h.choices(engine.Forever, engine.Forever, engine.Forever)
	h.boot()
	id := h.start(fn, 20)
	h.send(id, "test/no", "s1", 5)
	h.send(id, "test/yes", "s2", 1)
	h.send(id, "test/no", "s3", 6)
	h.restart()
	h.wantOutput(id, 516)
}

func selectDeadline(h *H) {
	fn := h.choices(h.d(4), engine.Forever)
	h.boot()
	began := time.Now()
	id := h.start(fn, 0)
	h.has(id, engine.EventWaiting, 1)
	if p := h.all(id, engine.EventWaiting)[0]; p.Until.Before(began.Add(h.d(4)).Truncate(time.Millisecond)) || p.Generation > 1 {
		h.Errorf("waiting: %+v", p)
	}
	h.restart()
	h.has(id, engine.EventWaiting, 2) // the first has passed
	h.send(id, "test/yes", "s1", 3)
	h.wantOutput(id, 3)
	if took := time.Since(began); took < h.d(4) {
		h.Errorf("waited %s, want %s", took, h.d(4))
	}
}

func selectPoll(h *H) {
	fn := h.choices(0, 0)
	h.boot()
	id := h.start(fn, 100)
	h.send(id, "test/no", "s1", 7)
	h.wantOutput(id, 70)
	if n := h.count(id, engine.EventWaiting); n != 0 {
		h.Errorf("%d waits", n)
	}
}

func selectCancel(h *H) {
	yes, no := engine.NewSignal[int](h.reg, "test/yes"), engine.NewSignal[int](h.reg, "test/no")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		never := func(int) error { h.Error("a case was taken"); return nil }
		for range 2 { // in the second, it is cancelled already
			if err := engine.Select(run, engine.Forever, yes.Then(never), no.Then(never)); !errors.Is(err, engine.ErrCancelled) {
				h.Errorf("Select gave %v", err)
			}
		}
		return 0, engine.Select(run.Detached(), engine.Forever, yes.Then(func(n int) error {
			h.note("yes%d", n)
			return engine.ErrCancelled
		}))
	})
	h.boot()
	id := h.start(fn, 0)
	h.cancel(id)
	h.send(id, "test/yes", "", 2)
	h.end(id, workflow.Cancelled)
	h.until("the detached one was taken", func() bool { return h.noted() == "yes2" })
}

func selectError(h *H) {
	yes := engine.NewSignal[int](h.reg, "test/yes")
	off := errors.New("off")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		err := engine.Select(run, engine.Forever, yes.Then(func(int) error { return fmt.Errorf("it is %w", off) }))
		if !errors.Is(err, off) {
			h.Errorf("Select gave %v", err)
		}
		err = engine.Select(run, engine.Forever, yes.Then(func(int) error { h.Error("the case was taken"); return nil }))
		if !errors.Is(err, &engine.Error{Class: "validation", Code: engine.CodeBadInput}) {
			h.Errorf("Select gave %v", err)
		}
		return n, nil
	})
	h.boot()
	id := h.start(fn, 0)
	h.send(id, "test/yes", "", 2)
	h.send(id, "test/yes", "", "text")
	h.end(id, workflow.Completed)
}

func selectBranches(h *H) {
	yes, no := engine.NewSignal[int](h.reg, "test/yes"), engine.NewSignal[int](h.reg, "test/no")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		sum := 0
		add := func(factor int) func(int) error {
			return func(n int) error { sum += factor * n; return nil }
		}
		err := engine.All(run,
			func(run engine.Run) error {
				return engine.Select(run, engine.Forever, yes.Then(add(1)), no.Then(add(10)))
			},
			func(run engine.Run) error {
				return engine.Select(run, engine.Forever, no.Then(add(100)), yes.Then(add(1000)))
			})
		return sum, err
	})
	h.boot()
	id := h.start(fn, 0)
	h.has(id, engine.EventWaiting, 2)
	h.send(id, "test/no", "", 1) // goes to the branch that has waited longest
	h.send(id, "test/yes", "", 2)
	h.wantOutput(id, 2010)
}
