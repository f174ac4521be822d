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
	// Within bounds the time from the first attempt to the last: a wait that would
	// end later is not begun.
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
// after how long, which is never negative. chance is uniform in [0, 1). Every
// backend asks it.
func (r Retry) Next(err *Error, readOnly bool, used Used, chance float64) (time.Duration, bool) {
	p, ok := r.policy(err, readOnly, used)
	switch {
	case !ok || p.left(used) == 0:
		return 0, false
	case err.Class == failure.RateLimited:
		return nextLimited(p, err, used, chance)
	}
	return next(p, err, used, chance)
}

// TooLong reports that a step is not tried again because the other side asks for a
// longer wait than what is left of the time in which it is tried.
func (r Retry) TooLong(err *Error, readOnly bool, used Used) (left time.Duration, is bool) {
	p, ok := r.policy(err, readOnly, used)
	left = p.left(used)
	return left, ok && left > 0 && err.RetryAfter > left
}

// policy returns the policy for a failure; false if it is not repeated at all.
func (r Retry) policy(err *Error, readOnly bool, used Used) (Policy, bool) {
	switch err.Class {
	case failure.Transient:
		return merge(r.Transient, defaultTransient), true
	case failure.RateLimited:
		return merge(r.RateLimited, defaultLimited), true
	case failure.Conflict:
		return merge(r.Conflict, defaultConflict), true
	case failure.UnknownOutcome:
		if readOnly {
			return merge(r.Transient, defaultTransient), true
		}
		return merge(r.UnknownOutcome, defaultTransient), true
	case failure.Fatal:
		if err.Code == CodePanic && used.Attempts < panicAttempts {
			return merge(Policy{Attempts: panicAttempts}, defaultTransient), true
		}
	}
	return Policy{}, false
}

// next is exponential backoff with full jitter: random(0, min(cap, base·factorⁿ)).
func next(p Policy, err *Error, used Used, chance float64) (time.Duration, bool) {
	if used.Attempts >= p.Attempts {
		return 0, false
	}
	wait := max(time.Duration(chance*float64(grown(p, used.Attempts))), err.RetryAfter)
	if wait > p.left(used) {
		return 0, false
	}
	return wait, true
}

// nextLimited waits what the other side asked for, or backs off, plus up to a
// tenth as far as there is time; it uses no attempt.
func nextLimited(p Policy, err *Error, used Used, chance float64) (time.Duration, bool) {
	if p.Attempts > 0 && used.Limited >= p.Attempts {
		return 0, false
	}
	wait := err.RetryAfter
	if wait <= 0 {
		wait = grown(p, used.Limited)
	}
	left := p.left(used)
	if wait > left {
		return 0, false
	}
	return wait + min(time.Duration(chance*float64(wait/10)), left-wait), true
}

// left is how much of the time remains in which a step is tried. A clock that was
// set back gives no more of it.
func (p Policy) left(used Used) time.Duration { return max(0, p.Within-max(0, used.Elapsed)) }

// grown returns min(cap, base·factorⁿ⁻¹).
func grown(p Policy, n int) time.Duration {
	wait, most := float64(p.Base), float64(p.Cap)
	for i := 1; i < n && wait < most; i++ {
		wait *= p.Factor
	}
	if wait >= most { // also where a Duration cannot hold it
		return max(0, p.Cap)
	}
	return max(0, time.Duration(wait))
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
