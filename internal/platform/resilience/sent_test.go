package resilience_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/resilience"
)

func post(t *testing.T, client *http.Client, url string) (*resilience.Sent, error) {
	t.Helper()
	ctx, sent := resilience.TraceSent(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return sent, err
}

func TestSentTellsRefusedFromCut(t *testing.T) {
	t.Parallel()
	transport := resilience.NewTransport(resilience.TransportOptions{})
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + closed.Addr().String()
	closed.Close()
	if sent, err := post(t, client, url); err == nil || sent.Maybe() {
		t.Errorf("refused: error %v, maybe sent %v", err, sent.Maybe())
	}
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()
	if sent, err := post(t, client, cut.URL); err == nil || !sent.Maybe() {
		t.Errorf("cut: error %v, maybe sent %v", err, sent.Maybe())
	}
}

func TestFirstByteTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer slow.Close()
	defer close(release)
	transport := resilience.NewTransport(resilience.TransportOptions{FirstByteTimeout: 20 * time.Millisecond})
	defer transport.CloseIdleConnections()
	sent, err := post(t, &http.Client{Transport: transport}, slow.URL)
	if err == nil || !sent.Maybe() {
		t.Errorf("error %v, maybe sent %v", err, sent.Maybe())
	}
	if context.Cause(t.Context()) != nil {
		t.Error("the caller's context ended")
	}
}
