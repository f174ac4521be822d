package attempt

import (
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Meaning is what becomes of a step whose attempt has failed.
type Meaning uint8

// What becomes of it.
const (
	Failed  Meaning = iota + 1 // for good, or cancelled while it ran
	Retried                    // after Wait
	Parked                     // for Reason
)

// Verdict is what a failed attempt means.
type Verdict struct {
	Meaning Meaning
	Err     *engine.Error
	Used    engine.Used   // with this attempt; of Retried
	Wait    time.Duration // of Retried
	Reason  string        // of Parked
}

// Judge decides what a failed attempt means. cancelled says that the branch which
// waits for it was cancelled; chance draws the jitter of retries.
func (at *Attempt) Judge(now time.Time, cancelled bool, chance func() float64) Verdict {
	err, used := at.fault(), at.used(now)
	if cancelled || at.wasAborted() {
		err.Class, err.Code = "", engine.CodeCancelled
		if err.Unknown {
			err.Class = failure.UnknownOutcome
		}
		return Verdict{Meaning: Failed, Err: err}
	}
	if reason := parkReason(&at.Call, err); reason != "" {
		return Verdict{Meaning: Parked, Reason: reason, Err: err}
	}
	if wait, again := at.Call.Retry.Next(err, at.Call.Step.ReadOnly, used, chance()); again {
		return Verdict{Meaning: Retried, Err: err, Used: used, Wait: wait}
	}
	if left, tooLong := at.Call.Retry.TooLong(err, at.Call.Step.ReadOnly, used); tooLong {
		err.Message = fmt.Sprintf("%s; it asks to wait %s, which is longer than the %s that are left in which the step is tried", err.Message, err.RetryAfter, left.Round(time.Second))
		err = engine.AsError(err)
	}
	if at.Call.Undo {
		return Verdict{Meaning: Parked, Reason: workflow.ReasonCompensationStuck, Err: err}
	}
	return Verdict{Meaning: Failed, Err: err}
}

// fault is the attempt's error as the journal keeps it.
func (at *Attempt) fault() *engine.Error {
	err := engine.AsError(at.Err)
	err.Step, err.Path = at.Call.Step.Name, at.Call.Path
	err.Attempts = at.Used.Attempts + at.Died
	if err.Class != failure.RateLimited {
		err.Attempts++
	}
	err.Unknown = !at.Call.Step.ReadOnly && (at.Unknown || at.mayHaveHappened(err))
	return err
}

// used is what the step has used up with this attempt.
func (at *Attempt) used(now time.Time) engine.Used {
	used := at.Used
	if engine.AsError(at.Err).Class == failure.RateLimited {
		used.Limited++
	} else {
		used.Attempts, used.Limited = used.Attempts+1, 0
	}
	used.Elapsed = now.Sub(time.UnixMicro(at.Since))
	return used
}

// mayHaveHappened reports whether this attempt may have had its effect.
func (at *Attempt) mayHaveHappened(err *engine.Error) bool {
	return at.begun && (err.Class == failure.UnknownOutcome || err.Class == failure.Fatal || err.Class == "")
}

// parkReason says why a failure holds its step instead of ending it.
func parkReason(call *engine.Call, err *engine.Error) string {
	switch {
	case err.Code == engine.CodeQuota:
		return workflow.ReasonQuotaExhausted
	case err.Class == failure.Auth:
		return workflow.ReasonNeedsReauth
	case call.Once && !call.Undo && (err.Class == failure.UnknownOutcome || err.Code == engine.CodePanic || err.Code == engine.CodeDiskFull):
		return workflow.ReasonOutcomeUnknown
	case err.Code == engine.CodeDiskFull:
		return workflow.ReasonStorageFull
	}
	return ""
}

// storageRetry is how long a step waits for someone to free a disk before it is
// tried again.
const storageRetry = 5 * time.Minute

// LeavesAt returns when a step that is parked for a reason is tried again by
// itself; zero if it is not.
func LeavesAt(reason string, now time.Time) time.Time {
	switch reason {
	case workflow.ReasonQuotaExhausted:
		now = now.UTC()
		return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	case workflow.ReasonStorageFull:
		return now.Add(storageRetry)
	}
	return time.Time{}
}
