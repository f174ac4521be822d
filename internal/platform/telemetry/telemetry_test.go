package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// Every metric in the catalogue is exported under exactly its name as soon as it
// has a value.
func TestEveryMetricAppearsUnderItsName(t *testing.T) {
	t.Parallel()
	m, err := NewMetrics()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close(context.Background()) })
	m.HTTPRequest("/api/v1/workflows/{id}", 200, 3*time.Millisecond)
	m.Append(12, time.Millisecond)
	m.OutboundRequest("api.airtable.com", 429, time.Second)
	m.RateLimitWait("base", 200*time.Millisecond)
	m.AirtableCall("list_records")
	m.ExecutionEnded("airtable_sync", "completed", time.Second)
	m.StepEnded("airtable_sync/fetch_page", "completed", time.Millisecond)
	m.StepRetried("airtable_sync/fetch_page", "transient")
	if err := m.ObserveLag(func(context.Context) map[string]Lag { return map[string]Lag{"orchestrator": {Events: 5, Seconds: 1.5}} }); err != nil {
		t.Fatal(err)
	}
	text := scrape(t, m)
	for _, metric := range Catalogue() {
		if !strings.Contains(text, "# TYPE "+metric.Name+" "+metric.Type+"\n") {
			t.Errorf("%s (%s) is not exported", metric.Name, metric.Type)
		}
	}
	for _, line := range []string{
		`paw_http_request_duration_seconds_bucket{code="200",route="/api/v1/workflows/{id}",le="0.005"} 1`,
		`paw_projection_lag_events{projection="orchestrator"} 5`, `paw_projection_lag_seconds{projection="orchestrator"} 1.5`,
		`paw_eventstore_append_batch_events_sum 12`,
		`paw_outbound_request_duration_seconds_count{code="429",host="api.airtable.com"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the scrape lacks %s", line)
		}
	}
}

func TestLogHidesCredentials(t *testing.T) {
	t.Parallel()
	ours := "paw_0198c5a27c1e_" + strings.Repeat("s", 43)
	cases := map[string]any{
		"token":    "anything",
		"api_key":  "anything",
		"text":     "uses " + ours + " here",
		"airtable": "patAbCdEfGhIjKlMn." + strings.Repeat("0123456789abcdef", 4),
		"legacy":   "keyAbCdEfGhIjKlMn",
		"header":   "Authorization: Bearer abc.def.ghi",
		"url":      "postgres://paw:hunter2@db/paw",
		"failure":  fmt.Errorf("call with %s: %w", ours, errors.New("refused")),
		"raw":      []byte(ours),
	}
	secrets := []string{"anything", ours, "patAbCdEfGhIjKlMn", "keyAbCdEfGhIjKlMn", "abc.def.ghi", "hunter2"}
	for _, format := range []string{"text", "json"} {
		for name, value := range cases {
			var out bytes.Buffer
			log, err := NewLogger(&out, LogOptions{Format: format})
			if err != nil {
				t.Fatal(err)
			}
			log.WithGroup("g").Info("message", name, value)
			for _, s := range secrets {
				if strings.Contains(out.String(), s) {
					t.Errorf("%s log of %s shows %s: %s", format, name, s, out.String())
				}
			}
			if !strings.Contains(out.String(), hidden) {
				t.Errorf("%s log of %s hides nothing: %s", format, name, out.String())
			}
		}
	}
}

func TestLogKeepsWhatIsNotASecret(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := NewLogger(&out, LogOptions{Level: "warn"})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("below the level")
	log.Warn("message paw_0198c5a27c1e_"+strings.Repeat("s", 43), "took", 3*time.Second, "n", 5, "key_id", "key_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e")
	got := out.String()
	for _, want := range []string{"took=3s", "n=5", "key_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e", `msg="message ***"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "below") {
		t.Errorf("%s has a line below its level", got)
	}
}

func TestLoggerRefusesUnknownWords(t *testing.T) {
	t.Parallel()
	for _, o := range []LogOptions{{Level: "loud"}, {Format: "xml"}} {
		if _, err := NewLogger(&bytes.Buffer{}, o); err == nil || !strings.Contains(err.Error(), "use ") {
			t.Errorf("%+v: error is %v", o, err)
		}
	}
}
