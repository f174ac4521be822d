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
	// Name says in messages and metrics which limit this is.
	Name string
	// PerSecond is how many calls one key may make in a second, evenly
	// spaced: there is no burst. Zero or less means no limit but pauses.
	PerSecond float64
	// Clock measures time. Nil means the machine's.
	Clock clock.Clock
	// Waited is told how long each call waited, also when it was not at all.
	// It must be quick. Nil means nobody is told.
	Waited func(limiter string, d time.Duration)
}

// Limiter spaces the calls of each key evenly and can pause a key for all its
// callers. It is safe for concurrent use. Keys that nobody uses are forgotten.
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

// Wait blocks until key may make its next call. It returns early with a
// rate_limited failure when the turn would come after ctx's deadline, so that
// a caller's time-out never hides that nothing was sent; and with a transient
// failure when ctx ends meanwhile.
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
		if l.pauseLeft(b) <= 0 { // a pause that began meanwhile sends everybody back to the queue
			l.o.Waited(l.o.Name, l.o.Clock.Now().Sub(start))
			return nil
		}
	}
}

// Pause stops all calls of key for d from now, also those that wait already.
// A shorter pause never ends a longer one.
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
		f := failure.New(failure.RateLimited, "limiter_wait", "the next call is due in %s, after the caller's deadline: %s allows %g a second", d.Round(time.Millisecond), l.o.Name, l.o.PerSecond)
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
	return failure.Wrap(context.Cause(ctx), failure.Transient, "cancelled_before_call", "the caller gave up while the call waited for %s; nothing was sent", l.o.Name)
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
