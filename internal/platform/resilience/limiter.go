package resilience

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// LimiterOptions configure a Limiter.
type LimiterOptions struct {
	// Name identifies the limit in messages and metrics.
	Name string
	// PerSecond is how many calls one key may make per second, evenly spaced
	// and without bursts. Zero or less means no limit; pauses still apply.
	PerSecond float64
	// Clock measures time. Nil means the machine's.
	Clock clock.Clock
	// Waited is called with the time that each call waited, even if that is
	// zero. It must return quickly. It may be nil.
	Waited func(limiter string, d time.Duration)
}

// Limiter spaces the calls of each key evenly and can pause a key for all its
// callers. It forgets keys that are not in use. It is safe for concurrent use.
type Limiter struct {
	o  LimiterOptions
	mu sync.Mutex
	// buckets holds at most maxIdleKeys keys beyond those in use.
	buckets map[string]*bucket
}

type bucket struct {
	rate        *rate.Limiter
	pausedUntil time.Time
	lastUse     time.Time
	users       int
}

const (
	maxIdleKeys = 1024
	idleAfter   = time.Minute
)

// NewLimiter returns a limiter.
func NewLimiter(o LimiterOptions) *Limiter {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Waited == nil {
		o.Waited = func(string, time.Duration) {}
	}
	return &Limiter{o: o, buckets: map[string]*bucket{}}
}

// Wait blocks until key may make its next call. If that moment is after ctx's
// deadline, Wait returns a rate_limited failure at once, so that a timeout never
// hides that nothing was sent. If ctx ends while it waits, it returns a transient
// failure.
func (l *Limiter) Wait(ctx context.Context, key string) error {
	b := l.take(key)
	defer l.release(b)
	start := l.o.Clock.Now()
	for {
		if err := l.sleepOut(ctx, b); err != nil {
			return err
		}
		if err := l.sleepTurn(ctx, b); err != nil {
			return err
		}
		if l.pauseLeft(b) <= 0 { // a pause that has begun in the meantime sends every caller back to the queue
			l.o.Waited(l.o.Name, l.o.Clock.Now().Sub(start))
			return nil
		}
	}
}

// Pause holds back all calls of key for d from now, including those that are
// already waiting. A shorter pause never cuts a longer one short.
func (l *Limiter) Pause(key string, d time.Duration) {
	b := l.take(key)
	defer l.release(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.o.Clock.Now().Add(d); until.After(b.pausedUntil) {
		b.pausedUntil = until
	}
}

func (l *Limiter) sleepOut(ctx context.Context, b *bucket) error {
	for {
		left := l.pauseLeft(b)
		if left <= 0 {
			return nil
		}
		if err := l.sleep(ctx, left); err != nil {
			return err
		}
	}
}

func (l *Limiter) sleepTurn(ctx context.Context, b *bucket) error {
	now := l.o.Clock.Now()
	turn := b.rate.ReserveN(now, 1)
	err := l.sleep(ctx, turn.DelayFrom(now))
	if err != nil {
		turn.CancelAt(l.o.Clock.Now())
	}
	return err
}

func (l *Limiter) sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return l.ended(ctx)
	}
	if d <= 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		f := failure.New(failure.RateLimited, "limiter_wait", "the next call may be made in %s, which is after the caller's deadline (limit %q: %g calls a second)", d.Round(time.Millisecond), l.o.Name, l.o.PerSecond)
		f.RetryAfter = d
		return f
	}
	woken := make(chan struct{})
	timer := l.o.Clock.AfterFunc(d, func() { close(woken) })
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		timer.Stop()
		return l.ended(ctx)
	}
}

func (l *Limiter) ended(ctx context.Context) error {
	return failure.Wrap(context.Cause(ctx), failure.Transient, "cancelled_before_call", "the caller gave up while the call waited for the limit %q; nothing was sent", l.o.Name)
}

func (l *Limiter) pauseLeft(b *bucket) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return b.pausedUntil.Sub(l.o.Clock.Now())
}

func (l *Limiter) take(key string) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		l.forgetIdle()
		limit := rate.Inf
		if l.o.PerSecond > 0 {
			limit = rate.Limit(l.o.PerSecond)
		}
		b = &bucket{rate: rate.NewLimiter(limit, 1)}
		l.buckets[key] = b
	}
	b.users++
	return b
}

func (l *Limiter) release(b *bucket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.users--
	b.lastUse = l.o.Clock.Now()
}

func (l *Limiter) forgetIdle() {
	if len(l.buckets) < maxIdleKeys {
		return
	}
	now := l.o.Clock.Now()
	for key, b := range l.buckets {
		if b.users == 0 && now.Sub(b.lastUse) > idleAfter && now.After(b.pausedUntil) {
			delete(l.buckets, key)
		}
	}
}
