package v1

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/sse"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// events is what happened in an execution: in pages, and live.
type events struct{ orchestrator *orchestrator.Service }

func (h events) mount(api *kit.API) {
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions/{id}/events", ID: "list-execution-events", Tag: tagExecutions,
		Summary: "List the events of an execution", About: "Oldest first, each with its position in the store."}, h.list)
	kit.HandleStream(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions/{id}/events/stream", ID: "stream-execution-events", Tag: tagExecutions,
		Summary: "Follow an execution live",
		About: "Server-Sent Events. Each event of the execution is a message whose event field is its type, whose id is its position and whose data is the event as in the list. " +
			"Messages of the type progress carry no id: only the last one counts. After the end of the execution comes a message of the type end, and the stream closes. " +
			"Without Last-Event-ID the stream begins with the first event of the execution; one beyond the last event of the server is refused."}, h.follow)
}

type eventsIn struct {
	executionPath
	longPageQuery
}

func (h events) list(ctx context.Context, c workflow.Caller, in *eventsIn) (*kit.Reply[workflow.Page[workflow.Event]], error) {
	after, err := positionOf(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := h.orchestrator.Events(ctx, c, query.EventsRequest{Execution: in.ID, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	if page.Next != "" && len(page.Items) > 0 {
		page.Next = cursorOf(page.Items[len(page.Items)-1].Position)
	}
	return pageOf(page, nil)
}

// cursorOf hides a position: callers must not compute with it.
func cursorOf(position int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("p" + strconv.FormatInt(position, 10)))
}

// positionOf undoes cursorOf. An empty cursor is the position before the first
// event.
func positionOf(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(raw) > 1 && raw[0] == 'p' {
		var position int64
		if position, err = strconv.ParseInt(string(raw[1:]), 10, 64); err == nil && position >= 0 {
			return position, nil
		}
	}
	return 0, workflow.InvalidCursor()
}

type followIn struct {
	executionPath
	LastEventID int64 `header:"Last-Event-ID" minimum:"0" doc:"Position of the last event seen; the stream goes on after it"`
}

func (h events) follow(ctx context.Context, c workflow.Caller, in *followIn) (kit.Stream, error) {
	watch, err := h.orchestrator.Watch(ctx, c, query.WatchRequest{Execution: in.ID, After: in.LastEventID})
	if refused := (*workflow.Error)(nil); errors.As(err, &refused) && refused.Code == query.CodeBeyondEnd {
		p := problem.New(http.StatusUnprocessableEntity, refused.Code, refused.Message)
		p.Errors = []problem.Fault{{Parameter: "Last-Event-ID", Code: refused.Code, Detail: "is no position of an event of this server; leave it out"}}
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	return live{watch}, nil
}

// live is a watch as a stream.
type live struct{ *query.Watch }

// Next returns an event, whose position is where a reader goes on, or the last
// progress, which has none.
func (l live) Next(ctx context.Context) (sse.Message, error) {
	frame, err := l.Watch.Next(ctx)
	switch {
	case err != nil:
		return sse.Message{}, err
	case frame.Event != nil:
		return sse.Message{Type: frame.Event.Type, ID: frame.Event.Position, Data: frame.Event}, nil
	}
	return sse.Message{Type: "progress", Data: frame.Progress}, nil
}
