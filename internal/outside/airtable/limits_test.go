package airtable_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// wire is Airtable without a network, so that time is virtual. It notes when
// each call came.
type wire struct {
	start    time.Time
	response func(*http.Request) (int, string)
	mu       sync.Mutex
	came     map[string][]time.Duration // by path
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.came[r.URL.Path] = append(w.came[r.URL.Path], time.Since(w.start))
	status, body := 200, `{"tables":[]}`
	if w.response != nil {
		status, body = w.response(r)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func virtual(o airtable.Options, response func(*http.Request) (int, string)) (*airtable.Client, *wire) {
	w := &wire{start: time.Now(), came: map[string][]time.Duration{}, response: response}
	o.HTTP = &http.Client{Transport: w}
	return airtable.New(o), w
}

func schemaPath(base string) string { return "/v0/meta/bases/" + base + "/tables" }

func TestABaseIsAskedAtMost49TimesIn10SecondsByAllTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := virtual(airtable.Options{}, nil)
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				if _, err := c.Schema(t.Context(), airtable.Token(fmt.Sprint("pat", i%7)), "app1"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		came := w.came[schemaPath("app1")]
		for i := 1; i < len(came); i++ {
			if gap := came[i] - came[i-1]; gap < 200*time.Millisecond {
				t.Fatalf("calls %d and %d are %v apart", i-1, i, gap)
			}
		}
		if want := 99 * time.Second * 10 / 49; (came[99] - want).Abs() > 100*time.Millisecond {
			t.Errorf("the 100th call came at %v, want about %v", came[99], want)
		}
	})
}

func TestATokenMakes50CallsASecondOverAllBases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := virtual(airtable.Options{}, nil)
		var wg sync.WaitGroup
		for i := range 101 {
			wg.Go(func() {
				if _, err := c.Schema(t.Context(), token, airtable.BaseID(fmt.Sprint("app", i))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var last time.Duration
		for _, came := range w.came {
			last = max(last, came[0])
		}
		if (last - 2*time.Second).Abs() > 20*time.Millisecond {
			t.Errorf("101 calls over 101 bases took %v, want 2 s", last)
		}
	})
}

func TestARateLimitPausesTheBaseForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refuse := true
		c, w := virtual(airtable.Options{}, func(*http.Request) (int, string) {
			if refuse {
				refuse = false
				return 429, `{"errors":[{"error":"RATE_LIMIT_REACHED","message":"Rate limit exceeded. Please try again later"}]}`
			}
			return 200, `{"tables":[]}`
		})
		_, err := c.Schema(t.Context(), token, "app1")
		var f *failure.Error
		if failure.ClassOf(err) != failure.RateLimited {
			t.Fatal(err)
		} else if f = err.(*failure.Error); f.RetryAfter != 30*time.Second {
			t.Errorf("RetryAfter = %v", f.RetryAfter)
		}
		for _, base := range []airtable.BaseID{"app1", "app2"} {
			if _, err := c.Schema(t.Context(), "patOther", base); err != nil {
				t.Fatal(err)
			}
		}
		if at := w.came[schemaPath("app1")][1]; at != 30*time.Second {
			t.Errorf("the base was asked again at %v, want 30 s", at)
		}
		if waited := w.came[schemaPath("app2")][0] - 30*time.Second; waited > time.Second {
			t.Errorf("another base waited %v", waited)
		}
	})
}

func TestTheWaitOfAPausedBaseIsNoTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := virtual(airtable.Options{Penalty: time.Minute}, func(*http.Request) (int, string) { return 429, `{}` })
		if _, err := c.Schema(t.Context(), token, "app1"); failure.ClassOf(err) != failure.RateLimited {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := c.Delete(ctx, token, "app1", "tbl1", []airtable.RecordID{"rec1"})
		if f, ok := err.(*failure.Error); !ok || f.Class != failure.RateLimited || f.RetryAfter != time.Minute || !strings.Contains(f.Message, "delete records of table tbl1") {
			t.Errorf("a write that was never sent: %v, want rate_limited for a minute", err)
		}
		if n := len(w.came); n != 1 {
			t.Errorf("%d paths were called", n)
		}
	})
}

func TestAnExhaustedQuotaPausesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := virtual(airtable.Options{}, func(*http.Request) (int, string) {
			return 429, `{"errors":[{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED"}]}`
		})
		for range 2 {
			if _, err := c.Schema(t.Context(), token, "app1"); failure.CodeOf(err) != airtable.CodeQuotaExhausted {
				t.Fatal(err)
			}
		}
		if at := w.came[schemaPath("app1")][1]; at > time.Second {
			t.Errorf("the second call came at %v", at)
		}
	})
}

func TestARateLimitWithoutABasePausesTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := virtual(airtable.Options{}, func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "whoami") {
				return 429, `{}`
			}
			return 200, `{"tables":[]}`
		})
		if _, err := c.Whoami(t.Context(), token); failure.ClassOf(err) != failure.RateLimited {
			t.Fatal(err)
		}
		if _, err := c.Schema(t.Context(), token, "app1"); err != nil {
			t.Fatal(err)
		}
		if at := w.came[schemaPath("app1")][0]; at != 30*time.Second {
			t.Errorf("the token's next call came at %v, want 30 s", at)
		}
	})
}
