package attempt_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// try returns an attempt of a step.
func try(fn func(context.Context) (json.RawMessage, error), change ...func(*attempt.Attempt)) *attempt.Attempt {
	at := &attempt.Attempt{Info: engine.Info{Execution: "ex"}, Since: time.Now().UnixMicro(),
		Call: engine.Call{Path: "4", Key: "ex/1/4", Label: "part", Timeout: time.Hour, Step: &engine.StepSpec{Name: "k/a",
			Call: func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) { return fn(ctx) }}}}
	for _, c := range change {
		c(at)
	}
	return at
}

func world() attempt.World {
	return attempt.World{Steps: context.Background(), Clock: clock.System(), Save: func(*attempt.Attempt, json.RawMessage) {}}
}

// failing returns a step that fails.
func failing(err error) func(context.Context) (json.RawMessage, error) {
	return func(context.Context) (json.RawMessage, error) { return nil, err }
}

func half() float64 { return 0.5 }

func TestWhatItLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := try(func(ctx context.Context) (json.RawMessage, error) {
			info := engine.InStep(ctx)
			if info.Step != "k/a" || info.Path != "4" || info.Key != "ex/1/4" || info.Label != "part" || info.Attempt != 6 || info.Execution != "ex" {
				t.Errorf("it is told %+v", info)
			}
			time.Sleep(time.Minute)
			return json.RawMessage("7"), engine.Record(ctx, engine.Event{Type: "k.done", Data: 1})
		}, func(at *attempt.Attempt) { at.Used.Attempts, at.Died = 3, 2 })
		at.Run(world())
		if string(at.Out) != "7" || at.Err != nil || at.Duration != time.Minute || len(at.Events) != 1 {
			t.Errorf("it left %s, %v after %s, with %d events", at.Out, at.Err, at.Duration, len(at.Events))
		}
	})
}

func TestAFailedAttemptLeavesNoEvents(t *testing.T) {
	t.Parallel()
	at := try(func(ctx context.Context) (json.RawMessage, error) {
		return nil, errors.Join(engine.Record(ctx, engine.Event{Type: "k.done"}), errors.New("off"))
	})
	at.Run(world())
	if at.Err == nil || len(at.Events) != 0 {
		t.Errorf("it left %v and %d events", at.Err, len(at.Events))
	}
}

func TestAbort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cause error
		at := try(func(ctx context.Context) (json.RawMessage, error) {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return nil, ctx.Err()
		})
		go at.Run(world())
		synctest.Wait()
		at.Abort()
		synctest.Wait()
		if !errors.Is(cause, engine.ErrCancelled) || !errors.Is(at.Err, context.Canceled) {
			t.Errorf("it was told %v and gave %v", cause, at.Err)
		}
		v := at.Judge(time.Now(), false, half)
		if v.Meaning != attempt.Failed || v.Err.Code != engine.CodeCancelled || v.Err.Class != failure.UnknownOutcome || !v.Err.Unknown {
			t.Errorf("judged %+v, %+v", v, v.Err)
		}

		never := try(func(context.Context) (json.RawMessage, error) { t.Error("it began"); return nil, nil })
		never.Abort()
		never.Run(world())
		if v := never.Judge(time.Now(), false, half); !errors.Is(never.Err, engine.ErrCancelled) || v.Meaning != attempt.Failed || v.Err.Unknown || v.Err.Class != "" {
			t.Errorf("one that never began gave %v, judged %+v", never.Err, v.Err)
		}
	})
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	own := failure.New(failure.Conflict, "own", "it says so itself")
	for name, c := range map[string]struct {
		fn       func(context.Context) (json.RawMessage, error)
		readOnly bool
		class    failure.Class
		code     string
	}{
		"with effects": {slow, false, failure.UnknownOutcome, engine.CodeTimeout},
		"only reads":   {slow, true, failure.Transient, engine.CodeTimeout},
		"has a class":  {func(ctx context.Context) (json.RawMessage, error) { <-ctx.Done(); return nil, own }, false, failure.Conflict, "own"},
		"in time":      {failing(errors.New("surprise")), false, failure.Fatal, engine.CodeUnclassed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				at := try(c.fn, func(at *attempt.Attempt) { at.Call.Step.ReadOnly = c.readOnly })
				at.Run(world())
				if e := engine.AsError(at.Err); e.Class != c.class || e.Code != c.code {
					t.Errorf("it gave %+v", e)
				}
			})
		})
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	t.Parallel()
	at := try(func(context.Context) (json.RawMessage, error) { panic("no luck") })
	at.Run(world())
	if e := engine.AsError(at.Err); e.Class != failure.Fatal || e.Code != engine.CodePanic || !strings.Contains(e.Message, "no luck") {
		t.Errorf("it gave %+v", e)
	}
}

func TestCheckpointsAreKeptOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var saved []string
		w := world()
		w.Save = func(_ *attempt.Attempt, data json.RawMessage) {
			mu.Lock()
			defer mu.Unlock()
			saved = append(saved, string(data))
		}
		at := try(func(ctx context.Context) (json.RawMessage, error) {
			was := 0
			if !engine.LoadCheckpoint(ctx, &was) || was != 9 {
				t.Errorf("it found %d", was)
			}
			for i := range 25 { // 100 ms each
				if err := engine.SaveCheckpoint(ctx, i); err != nil {
					return nil, err
				}
				time.Sleep(100 * time.Millisecond)
			}
			return nil, nil
		}, func(at *attempt.Attempt) { at.Checkpoint = json.RawMessage("9") })
		at.Run(w)
		if !slices.Equal(saved, []string{"0", "10", "20"}) {
			t.Errorf("saved %v", saved)
		}
	})
}

func TestUnwrittenRowsFailItInTheEnd(t *testing.T) {
	t.Parallel()
	at := try(func(context.Context) (json.RawMessage, error) { return nil, nil })
	at.Run(world())
	for i := range 3 {
		if at.Err != nil {
			t.Fatalf("it failed after %d times", i)
		}
		at.Unwritten(errors.New("no such table"))
	}
	if e := engine.AsError(at.Err); e.Code != engine.CodeAttach || e.Class != failure.Fatal {
		t.Errorf("it gave %+v", e)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	read := func(at *attempt.Attempt) { at.Call.Step.ReadOnly = true }
	once := func(at *attempt.Attempt) { at.Call.Once = true }
	undo := func(at *attempt.Attempt) { at.Call.Undo, at.Call.Once = true, true }
	usedUp := func(at *attempt.Attempt) { at.Used.Attempts = 24 }
	before := func(at *attempt.Attempt) { at.Unknown = true }
	for name, c := range map[string]struct {
		err       error
		change    []func(*attempt.Attempt)
		cancelled bool
		want      attempt.Verdict
	}{
		"transient":             {failure.New(failure.Transient, "", "x"), nil, false, attempt.Verdict{Meaning: attempt.Retried, Used: engine.Used{Attempts: 1}, Wait: time.Second / 2, Err: &engine.Error{Class: failure.Transient, Attempts: 1}}},
		"transient, used up":    {failure.New(failure.Transient, "", "x"), []func(*attempt.Attempt){usedUp}, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Transient, Attempts: 25}}},
		"died before":           {failure.New(failure.Validation, "", "x"), []func(*attempt.Attempt){func(at *attempt.Attempt) { at.Died = 2 }}, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Validation, Attempts: 3}}},
		"limited":               {&failure.Error{Class: failure.RateLimited, RetryAfter: time.Minute}, nil, false, attempt.Verdict{Meaning: attempt.Retried, Used: engine.Used{Limited: 1}, Wait: 63 * time.Second, Err: &engine.Error{Class: failure.RateLimited, RetryAfter: time.Minute}}},
		"validation":            {failure.New(failure.Validation, "", "x"), nil, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Validation, Attempts: 1}}},
		"validation, unknown":   {failure.New(failure.Validation, "", "x"), []func(*attempt.Attempt){before}, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Validation, Attempts: 1, Unknown: true}}},
		"fatal":                 {failure.New(failure.Fatal, "", "x"), nil, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Fatal, Attempts: 1, Unknown: true}}},
		"fatal of a read":       {failure.New(failure.Fatal, "", "x"), []func(*attempt.Attempt){read}, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Fatal, Attempts: 1}}},
		"auth":                  {failure.New(failure.Auth, "", "x"), nil, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonNeedsReauth, Err: &engine.Error{Class: failure.Auth, Attempts: 1}}},
		"quota":                 {failure.New(failure.RateLimited, engine.CodeQuota, "x"), nil, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonQuotaExhausted, Err: &engine.Error{Class: failure.RateLimited, Code: engine.CodeQuota}}},
		"full disk":             {failure.New(failure.Fatal, engine.CodeDiskFull, "x"), []func(*attempt.Attempt){read}, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonStorageFull, Err: &engine.Error{Class: failure.Fatal, Code: engine.CodeDiskFull, Attempts: 1}}},
		"full disk, undo":       {failure.New(failure.Fatal, engine.CodeDiskFull, "x"), []func(*attempt.Attempt){undo}, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonStorageFull, Err: &engine.Error{Class: failure.Fatal, Code: engine.CodeDiskFull, Attempts: 1, Unknown: true}}},
		"full disk, once":       {failure.New(failure.Fatal, engine.CodeDiskFull, "x"), []func(*attempt.Attempt){once}, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonOutcomeUnknown, Err: &engine.Error{Class: failure.Fatal, Code: engine.CodeDiskFull, Attempts: 1, Unknown: true}}},
		"once":                  {failure.New(failure.UnknownOutcome, "", "x"), []func(*attempt.Attempt){once}, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonOutcomeUnknown, Err: &engine.Error{Class: failure.UnknownOutcome, Attempts: 1, Unknown: true}}},
		"once, known":           {failure.New(failure.Validation, "", "x"), []func(*attempt.Attempt){once}, false, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.Validation, Attempts: 1}}},
		"once, panic":           {failure.New(failure.Fatal, engine.CodePanic, "x"), []func(*attempt.Attempt){once}, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonOutcomeUnknown, Err: &engine.Error{Class: failure.Fatal, Code: engine.CodePanic, Attempts: 1, Unknown: true}}},
		"undo":                  {failure.New(failure.Validation, "", "x"), []func(*attempt.Attempt){undo}, false, attempt.Verdict{Meaning: attempt.Parked, Reason: workflow.ReasonCompensationStuck, Err: &engine.Error{Class: failure.Validation, Attempts: 1}}},
		"undo, unknown outcome": {failure.New(failure.UnknownOutcome, "", "x"), []func(*attempt.Attempt){undo}, false, attempt.Verdict{Meaning: attempt.Retried, Used: engine.Used{Attempts: 1}, Wait: time.Second / 2, Err: &engine.Error{Class: failure.UnknownOutcome, Attempts: 1, Unknown: true}}},
		"cancelled branch":      {failure.New(failure.Transient, "", "x"), nil, true, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Code: engine.CodeCancelled, Attempts: 1}}},
		"cancelled, unknown":    {failure.New(failure.UnknownOutcome, "", "x"), nil, true, attempt.Verdict{Meaning: attempt.Failed, Err: &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeCancelled, Attempts: 1, Unknown: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				at := try(failing(c.err), c.change...)
				at.Run(world())
				got := at.Judge(time.Now(), c.cancelled, half)
				c.want.Err.Step, c.want.Err.Path, c.want.Err.Message = "k/a", "4", got.Err.Message
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Trying ends after a time, whatever the attempts.
func TestJudgeCountsFromTheFirstAttempt(t *testing.T) {
	t.Parallel()
	at := try(failing(failure.New(failure.Transient, "", "x")))
	at.Run(world())
	since := time.UnixMicro(at.Since)
	for after, want := range map[time.Duration]attempt.Meaning{24*time.Hour - time.Minute: attempt.Retried, 24 * time.Hour: attempt.Failed} {
		if v := at.Judge(since.Add(after), false, half); v.Meaning != want {
			t.Errorf("after %s: %+v", after, v)
		}
	}
}

func TestSomeParkingsLeaveByThemselves(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 31, 23, 30, 0, 0, time.FixedZone("", -3600)) // in UTC it is January
	if at := attempt.LeavesAt(workflow.ReasonQuotaExhausted, now); !at.Equal(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it leaves at %s", at)
	}
	if at := attempt.LeavesAt(workflow.ReasonStorageFull, now); !at.Equal(now.Add(5 * time.Minute)) {
		t.Errorf("it leaves at %s", at)
	}
	if at := attempt.LeavesAt(workflow.ReasonNeedsReauth, now); !at.IsZero() {
		t.Errorf("it leaves at %s", at)
	}
}
