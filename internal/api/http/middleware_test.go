package http_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/sse"
)

func TestEveryRequestIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, scenario.Case{Do: "POST /api/v1/things", Token: writer, Body: good, Status: 201})
	w := b.run(t, scenario.Case{Do: "GET /api/v1/things/1", Token: reader, Status: 200})
	b.run(t, scenario.Case{Do: "GET /api/v1/things/panic", Token: reader, Status: 500})
	b.run(t, scenario.Case{Do: "GET /api/v1/elsewhere?q=private", Token: reader, Status: 404})
	b.run(t, scenario.Case{Do: "GET /api/v1//things", Token: reader, Status: 404})
	want := []string{"/api/v1/things 201", "/api/v1/things/{id} 200", "/api/v1/things/{id} 500", "unmatched 404", "unmatched 404"}
	if !slices.Equal(b.seen, want) {
		t.Errorf("observed %v, want %v", b.seen, want)
	}
	contains(t, b.log.String(), "request_id="+w.Header().Get("X-Request-Id")+" method=GET route=/api/v1/things/{id} status=200")
	if log := b.log.String(); strings.Contains(log, reader) || strings.Contains(log, "private") {
		t.Errorf("the log tells too much:\n%s", log)
	}
}

// What was sent first is what was answered, whatever comes after.
func TestFirstStatusCounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.feed.messages <- sse.Message{Type: "panic"}
	scenario.Send(b.handler, scenario.Case{Do: "GET /api/v1/things/1/stream", Token: reader})
	if want := []string{"/api/v1/things/{id}/stream 200"}; !slices.Equal(b.seen, want) {
		t.Errorf("observed %v, want %v", b.seen, want)
	}
}

// What can never become a body is the caller's fault, not a matter of time.
func TestMalformedChunks(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(setup(t).handler)
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "POST /api/v1/things HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", writer)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), `"code":"body_unreadable"`) {
		t.Errorf("%d %s, %v", response.StatusCode, text, err)
	}
}

// No one holds a connection by never finishing a body, with a token or without.
func TestUnfinishedBodyIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	b := setupWith(t, kit.Options{BodyTimeout: 20 * time.Millisecond})
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		line, token string
		status      int
	}{
		"with a token":          {"POST /api/v1/things", writer, 408},
		"without one":           {"POST /api/v1/things", "none", 401},
		"on a read":             {"GET /api/v1/things", reader, 408},
		"where no route is":     {"POST /nothing", "none", 404},
		"where no body belongs": {"GET /alive", "none", 408},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", c.line, c.token)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("no response while the body is unfinished: %v", err)
			}
			if response.StatusCode != c.status || !response.Close {
				t.Errorf("status %d, closed %v; want %d and a closed connection", response.StatusCode, response.Close, c.status)
			}
		})
	}
}
