package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// transport is a server without a network, so that the clock can be virtual.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func over(t transport) *Client {
	c := New("http://server", "paw_test")
	c.http.Transport = t
	return c
}

func streamed(text string) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}, nil
}

func failed(status int) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.WriteHeader(status)
	return w.Result(), nil
}

func event(position int) string {
	return fmt.Sprintf("id: %d\nevent: execution.step_completed\ndata: {\"position\":%d,\"type\":\"execution.step_completed\"}\n\n", position, position)
}

const end = "event: end\ndata: {}\n\n"

// A stream that breaks goes on after the last event: nothing twice, nothing
// missing, whatever the server repeats.
func TestFollowSurvivesBreaks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		c := over(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.Header.Get("Last-Event-ID"))
			switch len(asked) {
			case 1: // cut in the middle of a message
				return streamed(": open\n\n" + event(11) + event(12) + "event: progress\ndata: {\"done\":5,\"total\":10}\n\nid: 13\nevent: x\nda")
			case 2:
				return failed(http.StatusServiceUnavailable)
			case 3:
				return nil, errors.New("the connection dies without a response")
			case 4:
				return failed(http.StatusTooManyRequests)
			default:
				return streamed(event(12) + event(14) + end) // 12 is repeated
			}
		})
		var seen []string
		err := c.Follow(t.Context(), "ex_1", 10, func(f Frame) error {
			if f.Event != nil {
				seen = append(seen, fmt.Sprint(f.Event.Position))
			} else {
				seen = append(seen, fmt.Sprintf("%d of %d", f.Progress.Done, f.Progress.Total))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"11", "12", "5 of 10", "14"}, seen); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"10", "12", "12", "12", "12"}, asked); diff != "" {
			t.Error(diff)
		}
	})
}

// The pauses double up to three seconds, and begin anew after each response.
func TestFollowPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, calls := time.Now(), 0
		var at []time.Duration
		c := over(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			if calls++; calls == 7 {
				return streamed("")
			}
			if calls == 9 {
				return streamed(end)
			}
			return nil, errors.New("down")
		})
		if err := c.Follow(t.Context(), "ex_1", 0, nil); err != nil {
			t.Fatal(err)
		}
		ms := time.Millisecond
		want := []time.Duration{0, 200 * ms, 600 * ms, 1400 * ms, 3000 * ms, 6000 * ms, 9000 * ms, 9200 * ms, 9600 * ms}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFollowGivesUp(t *testing.T) {
	t.Parallel()
	t.Run("at once where asking again is of no use", func(t *testing.T) {
		t.Parallel()
		calls := 0
		c := over(func(*http.Request) (*http.Response, error) { calls++; return failed(http.StatusNotFound) })
		if err := c.Follow(t.Context(), "ex_1", 0, nil); !errors.Is(err, &Error{Status: 404}) || calls != 1 {
			t.Errorf("error is %v after %d calls", err, calls)
		}
	})
	t.Run("when nothing has answered for a minute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			c := over(func(*http.Request) (*http.Response, error) {
				if time.Since(start) < 30*time.Second {
					return streamed("") // a response, and a break
				}
				return nil, errors.New("down")
			})
			var down *UnreachableError
			err := c.Follow(t.Context(), "ex_1", 0, nil)
			if took := time.Since(start); !errors.As(err, &down) || took < 90*time.Second || took > 94*time.Second {
				t.Errorf("error is %v after %v", err, took)
			}
		})
	})
	t.Run("with the error of its reader", func(t *testing.T) {
		t.Parallel()
		c := over(func(*http.Request) (*http.Response, error) { return streamed(event(1)) })
		enough := errors.New("enough")
		if err := c.Follow(t.Context(), "ex_1", 0, func(Frame) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("for a message that cannot be read", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"event: progress\ndata: x\n\n", "id: 1\nevent: execution.started\ndata: x\n\n"} {
			c := over(func(*http.Request) (*http.Response, error) { return streamed(text) })
			if err := c.Follow(t.Context(), "ex_1", 0, nil); err == nil || !strings.Contains(err.Error(), "read ") {
				t.Errorf("%q: error is %v", text, err)
			}
		}
	})
}

func TestWait(t *testing.T) {
	t.Parallel()
	c := over(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/stream") {
			return streamed(end)
		}
		return streamed(`{"id":"ex_1","state":"completed"}`)
	})
	if e, err := c.Wait(t.Context(), "ex_1", nil); err != nil || e.State != "completed" {
		t.Errorf("%+v, error %v", e, err)
	}
}
