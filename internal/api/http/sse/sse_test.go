package sse_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/sse"
)

func TestWriter(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	s := sse.Begin(w)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" || w.Header().Get("X-Accel-Buffering") != "no" {
		t.Errorf("the stream begins with %d %v", w.Code, w.Header())
	}
	for _, c := range []struct {
		message sse.Message
		want    string
	}{
		{sse.Message{Type: "a", ID: 1, Data: map[string]int{"n": 2}}, "id: 1\nevent: a\ndata: {\"n\":2}\n\n"},
		{sse.Message{Type: "b", Data: "two\nlines"}, "event: b\ndata: \"two\\nlines\"\n\n"}, // one data line, whatever the text
		{sse.Message{Type: "c"}, "event: c\ndata: null\n\n"},
	} {
		w.Body.Reset()
		w.Flushed = false
		if err := s.Send(c.message); err != nil || w.Body.String() != c.want || !w.Flushed {
			t.Errorf("%v: error %v, flushed %v, %q", c.message, err, w.Flushed, w.Body)
		}
	}
	w.Body.Reset()
	if err := s.Comment("alive"); err != nil || w.Body.String() != ": alive\n\n" {
		t.Errorf("error %v, %q", err, w.Body)
	}
	w.Body.Reset()
	if err := s.Send(sse.Message{Type: "d", Data: func() {}}); err == nil || !strings.Contains(err.Error(), "encode d") || w.Body.Len() > 0 {
		t.Errorf("what cannot be encoded: error %v, %q", err, w.Body)
	}
}
