package http_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/sse"
)

// connection is a live view that is read while it is written.
type connection struct {
	http.ResponseWriter
	header http.Header
	log    logBuffer
	done   chan struct{}
}

func (c *connection) Header() http.Header              { return c.header }
func (c *connection) WriteHeader(int)                  {}
func (c *connection) Write(p []byte) (int, error)      { return c.log.Write(p) }
func (c *connection) Flush()                           {}
func (c *connection) SetWriteDeadline(time.Time) error { return nil }

func (c *connection) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// follow opens the stream of the bundle as the reader.
func (b *testBundle) follow(ctx context.Context) *connection {
	c := &connection{header: http.Header{}, done: make(chan struct{})}
	r, _ := http.NewRequestWithContext(ctx, "GET", "/api/v1/things/1/stream", nil)
	r.Header.Set("Authorization", "Bearer "+reader)
	go func() {
		defer close(c.done)
		b.handler.ServeHTTP(c, r)
	}()
	return c
}

const opened = ": open\n\n"

func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		c := b.follow(t.Context())
		synctest.Wait()
		if got := c.log.String(); got != opened || c.header.Get("Content-Type") != "text/event-stream" || c.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("the stream begins with %q %v", got, c.header)
		}
		b.feed.messages <- sse.Message{Type: "lit", ID: 7, Data: thing{ID: "1"}}
		synctest.Wait()
		time.Sleep(9 * time.Second)
		b.feed.messages <- sse.Message{Type: "progress", Data: 3}
		close(b.feed.messages)
		synctest.Wait()
		want := opened + "id: 7\nevent: lit\ndata: {\"id\":\"1\"}\n\n" + ": still here\n\n" + "event: progress\ndata: 3\n\n" + "event: end\ndata: {}\n\n"
		if got := c.log.String(); got != want || !c.ended() || b.feed.closed != 1 {
			t.Errorf("the stream told %q, ended %v, closed %d times; want %q", got, c.ended(), b.feed.closed, want)
		}
	})
}

// A stream ends without the message end for each reason but the end.
func TestStreamEndsEarly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(b *testBundle, stop, leave context.CancelFunc)
		wait time.Duration
	}{
		"the server stops":   {end: func(_ *testBundle, stop, _ context.CancelFunc) { stop() }},
		"the caller leaves":  {end: func(_ *testBundle, _, leave context.CancelFunc) { leave() }},
		"the key is revoked": {end: func(b *testBundle, _, _ context.CancelFunc) { b.identity.revoke(reader) }, wait: 5 * time.Second},
		"the key is revoked and something happens": {end: func(b *testBundle, _, _ context.CancelFunc) {
			b.identity.revoke(reader)
			b.feed.messages <- sse.Message{Type: "lit", ID: 7}
		}},
		"the key loses its scope": {end: func(b *testBundle, _, _ context.CancelFunc) { b.identity.scopes[reader] = nil }, wait: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stopping, stop := context.WithCancel(t.Context())
				defer stop()
				b := setupWith(t, kit.Options{Stopping: stopping})
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				s := b.follow(ctx)
				synctest.Wait()
				if s.ended() {
					t.Fatal("it ended at once")
				}
				c.end(b, stop, leave)
				time.Sleep(c.wait)
				synctest.Wait()
				if got := s.log.String(); !s.ended() || got != opened || b.feed.closed != 1 {
					t.Errorf("it told %q, ended %v, closed %d times", got, s.ended(), b.feed.closed)
				}
			})
		})
	}
}

func TestStreamHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setupWith(t, kit.Options{Heartbeat: time.Minute})
		ctx, leave := context.WithCancel(t.Context())
		c := b.follow(ctx)
		time.Sleep(3*time.Minute + time.Second)
		leave()
		synctest.Wait()
		if beats := strings.Count(c.log.String(), ": still here\n\n"); beats != 3 {
			t.Errorf("%d heartbeats in three minutes", beats)
		}
	})
}
