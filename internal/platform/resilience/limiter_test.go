package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/resilience"
)

// turns starts n callers of key at once and returns when each got its turn.
func turns(t *testing.T, l *resilience.Limiter, key string, n int) []time.Duration {
	t.Helper()
	start := time.Now()
	var mu sync.Mutex
	var got []time.Duration
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := l.Wait(t.Context(), key); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, time.Since(start))
		})
	}
	wg.Wait()
	return got
}

func evenly(t *testing.T, got []time.Duration, first, gap time.Duration) {
	t.Helper()
	for i, at := range got {
		if want := first + time.Duration(i)*gap; (at - want).Abs() > time.Millisecond {
			t.Errorf("call %d came at %v, want %v", i, at, want)
		}
	}
}

func TestLimiterSpacesCallsOfAKeyEvenly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := resilience.NewLimiter(resilience.LimiterOptions{Name: "base", PerSecond: 5})
		evenly(t, turns(t, l, "a", 11), 0, 200*time.Millisecond)
		evenly(t, turns(t, l, "b", 2), 0, 200*time.Millisecond) // another key does not wait for a's
		time.Sleep(time.Hour)                                   // no burst is saved up while idle
		evenly(t, turns(t, l, "a", 5), 0, 200*time.Millisecond)
	})
}

func TestPauseHoldsEveryCallerAndEndsWithoutABurst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := resilience.NewLimiter(resilience.LimiterOptions{Name: "base", PerSecond: 5})
		time.AfterFunc(500*time.Millisecond, func() {
			l.Pause("a", 30*time.Second)
			l.Pause("a", time.Second) // shorter: changes nothing
		})
		got := turns(t, l, "a", 10) // 3 before the pause, 7 wait in it
		evenly(t, got[:3], 0, 200*time.Millisecond)
		if got[3] < 30500*time.Millisecond {
			t.Errorf("a call came at %v, inside the pause", got[3])
		}
		for i := 4; i < len(got); i++ {
			if gap := got[i] - got[i-1]; gap < 199*time.Millisecond {
				t.Errorf("calls %d and %d after the pause are %v apart", i-1, i, gap)
			}
		}
		if last := got[9]; last > 32500*time.Millisecond {
			t.Errorf("the last call came at %v: the pause cost more than it lasts", last)
		}
	})
}

func TestWaitBeyondTheDeadlineIsRateLimitedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := resilience.NewLimiter(resilience.LimiterOptions{Name: "base", PerSecond: 5})
		l.Pause("a", 30*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		err := l.Wait(ctx, "a")
		var f *failure.Error
		if !errors.As(err, &f) || f.Class != failure.RateLimited || f.RetryAfter != 30*time.Second {
			t.Errorf("Wait = %#v, want rate_limited with 30 s", err)
		}
		if time.Since(start) != 0 {
			t.Errorf("it took %v to say so", time.Since(start))
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := resilience.NewLimiter(resilience.LimiterOptions{Name: "base", PerSecond: 1})
		turns(t, l, "a", 1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		err := l.Wait(ctx, "a")
		if failure.ClassOf(err) != failure.Transient || !errors.Is(err, context.Canceled) {
			t.Errorf("Wait = %v", err)
		}
		evenly(t, turns(t, l, "a", 1), 700*time.Millisecond, 0) // the turn that was given up is not lost
	})
}

func TestWaitedIsCalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		l := resilience.NewLimiter(resilience.LimiterOptions{Name: "base", PerSecond: 4, Waited: func(name string, d time.Duration) {
			told = append(told, fmt.Sprint(name, " ", d))
		}})
		for range 2 {
			if err := l.Wait(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
		}
		if want := "[base 0s base 250ms]"; fmt.Sprint(told) != want {
			t.Errorf("told %v, want %s", told, want)
		}
	})
}

func TestIdleKeysAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := resilience.NewLimiter(resilience.LimiterOptions{Name: "base", PerSecond: 1000})
		for i := range 5000 {
			if err := l.Wait(t.Context(), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := l.Keys(); n > 1100 {
			t.Errorf("%d keys are kept", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Wait(ctx, "0"); err != nil {
			t.Errorf("a forgotten key: %v", err)
		}
	})
}
