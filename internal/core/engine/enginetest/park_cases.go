package enginetest

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var parkCases = []Case{
	{Name: "park/NeedsReauthUntilResumed", Run: parkReauth},
	{Name: "park/SurvivesCrash", Run: parkCrash},
	{Name: "park/CancelLiftsIt", Run: parkCancel},
	{Name: "park/QuotaLeavesByItself", Days: true, Run: parkQuota},
	{Name: "park/QuotaLeavesAfterRestart", Days: true, Run: parkQuotaRestart},
	{Name: "park/FullDiskIsTriedAgain", Days: true, Run: parkFullDisk},
	{Name: "park/TimeParkedIsNoRetryTime", Days: true, Run: parkRetryTime},
	{Name: "park/OtherBranchesAreKeptNotFed", Run: parkOthers},
}

func parkReauth(h *H) {
	step := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonNeedsReauth || p.Step != "test/failing" || p.Path != "1" || p.Error == nil || p.Error.Code != "token_revoked" {
		h.Errorf("parked: %+v", p)
	}
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("try1 try1")
	if n := h.count(id, engine.EventUnparked); n != 1 {
		h.Errorf("%d unparked events", n)
	}
}

func parkCrash(h *H) {
	step := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.restart()
	h.state(id, workflow.Parked)
	h.wantNoted("try1")
	h.resume(id)
	h.end(id, workflow.Completed)
}

func parkCancel(h *H) {
	step := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("try1")
}

var errQuota = failure.New(failure.RateLimited, engine.CodeQuota, "the monthly quota is used up")

// beforeTheMonthEnds lets time pass until so long before the next month. No
// process is there yet: its clocks would tick all the while.
func (h *H) beforeTheMonthEnds(left time.Duration) {
	now := time.Now().UTC()
	time.Sleep(time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Add(-left).Sub(now))
}

func parkQuota(h *H) {
	h.beforeTheMonthEnds(3 * time.Hour)
	step := h.failing(engine.StepOptions[int]{}, errQuota)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.quotaEnds(id)
}

// quotaEnds checks that the execution went on with the new month.
func (h *H) quotaEnds(id string) {
	h.Helper()
	began := time.Now().UTC()
	h.end(id, workflow.Completed)
	now := time.Now().UTC()
	if now.Month() == began.Month() || now.Day() != 1 || now.Hour() != 0 {
		h.Errorf("went on at %s", now)
	}
	h.wantNoted("try1 try1")
}

func parkQuotaRestart(h *H) {
	h.beforeTheMonthEnds(3 * time.Hour)
	step := h.failing(engine.StepOptions[int]{}, errQuota)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.restart()
	h.quotaEnds(id)
}

// A disk that is full is not the end of an execution, however long it stays so.
func parkFullDisk(h *H) {
	full := failure.New(failure.Fatal, engine.CodeDiskFull, "the disk is full")
	step := h.failing(engine.StepOptions[int]{}, full, full, full)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	if p := h.last(id, engine.EventParked); p.Reason != workflow.ReasonStorageFull || p.Error == nil || p.Error.Code != engine.CodeDiskFull {
		h.Errorf("parked: %+v", p)
	}
	h.restart()
	h.resume(id)
	h.end(id, workflow.Completed) // the others leave by themselves
	if n := h.count(id, engine.EventParked); n != 3 {
		h.Errorf("parked %d times", n)
	}
}

func parkRetryTime(h *H) {
	h.beforeTheMonthEnds(30 * time.Hour) // a step is tried for a day
	down := failure.New(failure.Transient, "down", "the other side is down")
	step := h.failing(engine.StepOptions[int]{Retry: quick(5)}, down, errQuota, down)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.end(id, workflow.Completed)
}

func parkOthers(h *H) {
	g := newGate()
	other := h.step("test/other", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) { return n, g.wait(ctx) })
	next := h.noting("next")
	auth := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return n, engine.All(run, func(run engine.Run) error {
			_, err := auth.Do(run, n)
			return err
		}, func(run engine.Run) error {
			if _, err := other.Do(run, n); err != nil {
				return err
			}
			_, err := next.Do(run, n)
			return err
		})
	})
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	g.release()
	h.has(id, engine.EventStepCompleted, 1)
	h.restart()
	h.wantNoted("try1") // the result is there, the function has not seen it
	h.resume(id)
	h.end(id, workflow.Completed)
}
