// Package sse writes Server-Sent Events. It knows nothing of what they say.
package sse

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Message is one event of a stream.
type Message struct {
	Type string // the field event
	ID   int64  // where a reader goes on after a break; zero means none
	Data any    // sent as JSON
}

// writeTimeout ends a stream whose reader has stopped reading.
const writeTimeout = 10 * time.Second

// Writer writes a stream and flushes each message. It is used by one
// goroutine.
type Writer struct {
	w       io.Writer
	control *http.ResponseController
}

// Begin sends the headers of a stream.
func Begin(w http.ResponseWriter) *Writer {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy must not collect messages
	w.WriteHeader(http.StatusOK)
	return &Writer{w: w, control: http.NewResponseController(w)}
}

// Send writes a message.
func (s *Writer) Send(m Message) error {
	text, err := json.Marshal(m.Data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", m.Type, err)
	}
	id := ""
	if m.ID > 0 {
		id = fmt.Sprintf("id: %d\n", m.ID)
	}
	return s.write(fmt.Sprintf("%sevent: %s\ndata: %s\n\n", id, m.Type, text))
}

// Comment writes a line that readers ignore, which shows that the connection
// is alive.
func (s *Writer) Comment(text string) error { return s.write(": " + text + "\n\n") }

func (s *Writer) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // a recorder in a test has none
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}
