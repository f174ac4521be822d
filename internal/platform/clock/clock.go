// Package clock makes time a parameter. Production code gets System; tests
// run in a testing/synctest bubble, where System is virtual, or pass their own.
package clock

import (
	"context"
	"time"
)

// Clock tells the time and wakes callers. Implementations are safe for
// concurrent use.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// AfterFunc calls f in its own goroutine once d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call that AfterFunc has scheduled.
type Timer interface {
	// Stop cancels the call and reports whether it was still pending.
	Stop() bool
}

// System returns the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now() }

func (system) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// Sleep waits until d has passed by c, or until ctx ends.
func Sleep(ctx context.Context, c Clock, d time.Duration) {
	over := make(chan struct{})
	timer := c.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
