package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// stream registers the live view of an execution.
func (f *face) stream() {
	handle(f, workflow.ExecutionRead, route{method: http.MethodGet, path: v1 + "/executions/{id}/events/stream", id: "stream-execution-events", tag: tagExecutions,
		summary: "Follow an execution live",
		about: "Server-Sent Events. Each event of the execution is a message whose event field is its type, whose id is its position and whose data is the event as in the list. " +
			"Messages of the type progress carry no id: only the last one counts. After the end of the execution comes a message of the type end, and the stream closes. " +
			"Without Last-Event-ID the stream begins with the first event of the execution."}, f.streamEvents)
}

type streamIn struct {
	ExecutionPath
	LastEventID int64 `header:"Last-Event-ID" minimum:"0" doc:"Position of the last event seen; the stream goes on after it"`
}

func (f *face) streamEvents(ctx context.Context, c workflow.Caller, in *streamIn) (*huma.StreamResponse, error) {
	watch, err := f.Orchestrator.Watch(ctx, c, orchestrator.WatchRequest{Execution: in.ID, After: in.LastEventID})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer watch.Close()
		r, w := unwrap(hc)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // a proxy must not collect frames
		w.WriteHeader(http.StatusOK)
		s := sender{w: w, control: http.NewResponseController(w), allowed: func() error {
			again, err := f.caller(ctx, r.Header.Get("Authorization"), "")
			if err != nil {
				return err
			}
			return again.Require(workflow.ExecutionRead)
		}}
		if err := f.send(r.Context(), watch, &s); err != nil {
			f.Logger.DebugContext(ctx, "stream ended early", "request_id", requestID(ctx), "error", err)
		}
	}}, nil
}

// send writes frames until the execution ends, the caller leaves, the caller's
// key is revoked or expires, or the server stops. A caller that is cut off
// comes back with Last-Event-ID, and learns then if its key is no longer good.
func (f *face) send(ctx context.Context, watch *orchestrator.Watch, s *sender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(f.Stopping, cancel)
	defer stop()
	if err := s.comment("open"); err != nil { // headers reach the caller before the first event
		return err
	}
	for {
		wait, done := context.WithTimeout(ctx, f.Heartbeat)
		frame, err := watch.Next(wait)
		done()
		if refused := s.allowed(); refused != nil {
			return refused
		}
		switch {
		case err == nil:
			err = s.frame(frame)
		case errors.Is(err, io.EOF):
			return s.message("end", 0, struct{}{})
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, context.DeadlineExceeded):
			err = s.comment("still here")
		}
		if err != nil {
			return err
		}
	}
}

// writeTimeout ends a stream whose reader has stopped reading.
const writeTimeout = 10 * time.Second

// sender writes Server-Sent Events and flushes each one.
type sender struct {
	w       io.Writer
	control *http.ResponseController
	allowed func() error // whether the caller may still see what comes
}

func (s *sender) frame(f orchestrator.Frame) error {
	if f.Event != nil {
		return s.message(f.Event.Type, f.Event.Position, f.Event)
	}
	return s.message("progress", 0, f.Progress)
}

func (s *sender) message(kind string, id int64, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	line := ""
	if id > 0 {
		line = fmt.Sprintf("id: %d\n", id)
	}
	return s.write(fmt.Sprintf("%sevent: %s\ndata: %s\n\n", line, kind, text))
}

func (s *sender) comment(text string) error { return s.write(": " + text + "\n\n") }

func (s *sender) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // unknown to a recorder in a test
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}
