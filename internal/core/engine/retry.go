package engine

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Policy bounds the repetitions after failures of one class. A zero field takes
// the class's default.
type Policy struct {
	// Base is the wait after the first failure; it grows by Factor up to Cap.
	Base, Cap time.Duration
	Factor    float64
	// Attempts is how often the step is tried in all; 1 means no repetition.
	Attempts int
	// Within bounds the time from the first attempt to the last.
	Within time.Duration
}

// Retry holds the policies by class. Auth, quota and unknown outcomes of Once
// steps are parked; validation and fatal failures are not repeated, but a
// panic is tried three times. The zero value has the defaults.
type Retry struct {
	Transient, RateLimited, Conflict, UnknownOutcome Policy
}

// Used is what a step has used up so far.
type Used struct {
	Attempts int           // without rate limits
	Limited  int           // rate limits in a row
	Elapsed  time.Duration // since the first attempt began
}

// Defaults by class; see the table in the decision record.
var (
	defaultTransient = Policy{Base: time.Second, Cap: 100 * time.Second, Factor: 2, Attempts: 25, Within: 24 * time.Hour}
	defaultLimited   = Policy{Base: 5 * time.Second, Cap: 5 * time.Minute, Factor: 2, Within: 24 * time.Hour}
	defaultConflict  = Policy{Base: 50 * time.Millisecond, Cap: 2 * time.Second, Factor: 2, Attempts: 10, Within: 24 * time.Hour}
)

const panicAttempts = 3

// Next decides about a failed attempt: whether the step is tried again, and
// after how long. chance is uniform in [0, 1). Every backend asks it.
func (r Retry) Next(err *Error, readOnly bool, used Used, chance float64) (time.Duration, bool) {
	switch err.Class {
	case failure.Transient:
		return next(merge(r.Transient, defaultTransient), err, used.Attempts, used, chance)
	case failure.RateLimited:
		return nextLimited(merge(r.RateLimited, defaultLimited), err, used, chance)
	case failure.Conflict:
		return next(merge(r.Conflict, defaultConflict), err, used.Attempts, used, chance)
	case failure.UnknownOutcome:
		if readOnly {
			return next(merge(r.Transient, defaultTransient), err, used.Attempts, used, chance)
		}
		return next(merge(r.UnknownOutcome, defaultTransient), err, used.Attempts, used, chance)
	case failure.Fatal:
		if err.Code == CodePanic && used.Attempts < panicAttempts {
			return next(merge(Policy{Attempts: panicAttempts}, defaultTransient), err, used.Attempts, used, chance)
		}
	}
	return 0, false
}

// next is exponential backoff with full jitter: random(0, min(cap, base·factorⁿ)).
func next(p Policy, err *Error, n int, used Used, chance float64) (time.Duration, bool) {
	if used.Attempts >= p.Attempts || used.Elapsed >= p.Within {
		return 0, false
	}
	wait := time.Duration(chance * float64(grown(p, n)))
	return max(wait, err.RetryAfter), true
}

// nextLimited waits what the other side asked for, or backs off, plus up to a
// tenth; it uses no attempt.
func nextLimited(p Policy, err *Error, used Used, chance float64) (time.Duration, bool) {
	if used.Elapsed >= p.Within || (p.Attempts > 0 && used.Limited >= p.Attempts) {
		return 0, false
	}
	wait := err.RetryAfter
	if wait <= 0 {
		wait = grown(p, used.Limited)
	}
	return wait + time.Duration(chance*float64(wait)/10), true
}

// grown returns min(cap, base·factorⁿ⁻¹).
func grown(p Policy, n int) time.Duration {
	wait := float64(p.Base)
	for i := 1; i < n && wait < float64(p.Cap); i++ {
		wait *= p.Factor
	}
	return min(time.Duration(wait), p.Cap)
}

func merge(p, d Policy) Policy {
	if p.Base == 0 {
		p.Base = d.Base
	}
	if p.Cap == 0 {
		p.Cap = d.Cap
	}
	if p.Factor == 0 {
		p.Factor = d.Factor
	}
	if p.Attempts == 0 {
		p.Attempts = d.Attempts
	}
	if p.Within == 0 {
		p.Within = d.Within
	}
	return p
}
