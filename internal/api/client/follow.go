package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Frame is one message of a stream: an event, or the last progress.
type Frame struct {
	Event    *workflow.Event
	Progress *workflow.Progress
}

// A stream that breaks is opened again after a pause, which doubles each time
// up to the longest, while nothing answers for as long as patience lasts.
const (
	minPause = 200 * time.Millisecond
	maxPause = 3 * time.Second
	patience = time.Minute
)

// errEnd says that the server has reported the end of the execution.
var errEnd = errors.New("end of the execution")

// Follow calls each with every event of an execution after a position, once
// and in order, and with progress, until the execution has ended. A stream
// that breaks is opened again after the last event seen; only when nothing
// has answered for a minute does it give up with an *UnreachableError. An
// error of each ends it.
func (c *Client) Follow(ctx context.Context, id workflow.ExecutionID, after int64, each func(Frame) error) error {
	if each == nil {
		each = func(Frame) error { return nil }
	}
	pause, alive := minPause, time.Now()
	for {
		heard, err := c.stream(ctx, id, &after, each)
		switch {
		case errors.Is(err, errEnd):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !broken(err):
			return err
		}
		if heard {
			pause, alive = minPause, time.Now()
		}
		if time.Since(alive) > patience {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
}

// Wait follows an execution from its beginning and returns it once it ended.
func (c *Client) Wait(ctx context.Context, id workflow.ExecutionID, each func(Frame) error) (workflow.Execution, error) {
	if err := c.Follow(ctx, id, 0, each); err != nil {
		return workflow.Execution{}, err
	}
	return c.Execution(ctx, id)
}

// broken reports whether opening the stream again may help.
func broken(err error) bool {
	var down *UnreachableError
	var refused *Error
	switch {
	case errors.As(err, &down):
		return true
	case errors.As(err, &refused):
		return refused.Status == http.StatusServiceUnavailable || refused.Status == http.StatusTooManyRequests
	}
	return false
}

// stream reads one connection to its end and moves after along. heard says
// that the server answered.
func (c *Client) stream(ctx context.Context, id workflow.ExecutionID, after *int64, each func(Frame) error) (heard bool, err error) {
	response, err := c.send(ctx, request{method: http.MethodGet, path: "/executions/" + segment(id) + "/events/stream", header: map[string]string{
		"Accept": "text/event-stream", "Last-Event-ID": strconv.FormatInt(*after, 10),
	}})
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxResponse)
	m := message{}
	for lines.Scan() {
		if !m.add(lines.Text()) {
			continue
		}
		if err := m.deliver(after, each); err != nil {
			return true, err
		}
		m = message{}
	}
	err = lines.Err()
	if err == nil {
		err = io.ErrUnexpectedEOF // only the message "end" is a proper end
	}
	return true, unreachable(ctx, c.base, err)
}

// message is a Server-Sent Event while it arrives.
type message struct{ id, event, data string }

// add takes a line and reports whether the message is complete.
func (m *message) add(line string) bool {
	if line == "" {
		return m.data != ""
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "id":
		m.id = value
	case "event":
		m.event = value
	case "data":
		m.data += value
	}
	return false
}

func (m *message) deliver(after *int64, each func(Frame) error) error {
	switch m.event {
	case "end":
		return errEnd
	case "progress":
		p := &workflow.Progress{}
		if err := json.Unmarshal([]byte(m.data), p); err != nil {
			return fmt.Errorf("read a progress message: %w", err)
		}
		return each(Frame{Progress: p})
	}
	e := &workflow.Event{}
	if err := json.Unmarshal([]byte(m.data), e); err != nil {
		return fmt.Errorf("read an event: %w", err)
	}
	position, err := strconv.ParseInt(m.id, 10, 64)
	if err != nil || position <= *after {
		return nil // seen before the break
	}
	if err := each(Frame{Event: e}); err != nil {
		return err
	}
	*after = position
	return nil
}
