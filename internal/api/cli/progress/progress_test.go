package progress_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/progress"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func event(name, data string) client.Frame {
	return client.Frame{Event: &workflow.Event{Type: name, Time: at, Data: json.RawMessage(data)}}
}

func done(message string, done, total int64, items ...workflow.ProgressItem) client.Frame {
	return client.Frame{Progress: &workflow.Progress{Message: message, Done: done, Total: total, Items: items, UpdatedAt: at}}
}

// written returns the lines of frames, without their times.
func written(frames ...client.Frame) []string {
	var b strings.Builder
	r := progress.Lines(&b)
	for _, f := range frames {
		r.Show(f)
	}
	r.Close()
	var out []string
	for line := range strings.Lines(b.String()) {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(line, "2026-01-02 03:04:05Z "), "\n"))
	}
	return out
}

func TestEventsInWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		frame client.Frame
		want  []string
	}{
		"a step begins":         {event("execution.step_started", `{"step":"a/b"}`), nil},
		"a step ends":           {event("execution.step_completed", `{"step":"a/b"}`), nil},
		"a step is retried":     {event("execution.step_retrying", `{"step":"a/b","attempt":2,"message":"busy"}`), []string{"a/b is tried again after attempt 2: busy"}},
		"a step fails":          {event("execution.step_failed", `{"step":"a/b","error":{"message":"gone"}}`), []string{"a/b failed: gone"}},
		"parked":                {event("execution.parked", `{"reason":"needs_reauth","message":"refused"}`), []string{"parked (needs_reauth): refused"}},
		"failed":                {event("execution.failed", `{"error":{"message":"gone"}}`), []string{"failed: gone"}},
		"a kind's own":          {event("airtable_sync.batch_written", `{}`), []string{"airtable sync.batch written"}},
		"data of another form":  {event("execution.resumed", `[]`), []string{"resumed"}},
		"text that steers":      {event("execution.failed", `{"message":"\u001b[2J\u202e"}`), []string{"failed:  [2J "}},
		"its own message first": {event("execution.failed", `{"message":"mine","error":{"message":"other"}}`), []string{"failed: mine"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, written(c.frame)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A pipe gets a line per tenth, or per thousand where the total is not known.
func TestLinesAreFew(t *testing.T) {
	t.Parallel()
	item := func(name string, n, total int64) workflow.ProgressItem {
		return workflow.ProgressItem{Name: name, Done: n, Total: total}
	}
	got := written(
		done("rows", 0, 0), done("rows", 999, 0), done("rows", 1000, 0),
		done("", 0, 0, item("a", 0, 100), item("b", 0, 10)),
		done("", 0, 0, item("a", 9, 100), item("b", 1, 10)),
		done("", 0, 0, item("a", 10, 100), item("b", 1, 10)),
		done("", 0, 0, item("a", 100, 100)),
	)
	want := []string{"rows 0", "rows 1000", "a: 0/100 (0 %)", "b: 0/10 (0 %)", "b: 1/10 (10 %)", "a: 10/100 (10 %)", "a: 100/100 (100 %)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	r := progress.Bars(t.Context(), &b)
	r.Show(done("", 0, 0, workflow.ProgressItem{Name: "companies", Done: 2, Total: 5}))
	r.Show(event("execution.step_failed", `{"step":"a/b","message":"gone"}`))
	r.Show(event("execution.step_started", `{"step":"c/d"}`))
	r.Show(done("counting", 1, 0))
	r.Show(done("", 0, 0, workflow.ProgressItem{Name: "companies", Done: 5, Total: 5}))
	r.Close()
	for _, part := range []string{"companies", "5/5", "100 %", "a/b failed: gone", "counting"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("%q lacks %q", b.String(), part)
		}
	}
	if strings.Contains(b.String(), "c/d") {
		t.Errorf("%q tells of a step that began", b.String())
	}
}
