package http

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/sse"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Stream is where the messages of one live view come from.
type Stream interface {
	// Next waits for the next message. It returns io.EOF at the proper end,
	// and the context's error when that ends first.
	Next(ctx context.Context) (sse.Message, error)
	// Close ends the view. It is called once.
	Close()
}

// HandleStream adds a route whose response is a stream of Server-Sent Events:
// it ends with a message of the type end, or earlier when the caller leaves,
// when the caller's key is revoked or expires, or when the server stops. A
// caller that is cut off comes back with Last-Event-ID.
func HandleStream[I any](a *API, p workflow.Permission, r Route, open func(ctx context.Context, c workflow.Caller, in *I) (Stream, error)) {
	shape := request.ShapeOf(reflect.TypeFor[I]())
	op := a.document.operation(p, r, shape)
	op.Responses["200"] = &huma.Response{Description: http.StatusText(http.StatusOK),
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	a.add(op, p, func(w http.ResponseWriter, req *http.Request, c workflow.Caller) error {
		in := new(I)
		if refused := shape.Read(w, req, in); refused != nil {
			return refused
		}
		s, err := open(req.Context(), c, in)
		if err != nil {
			return placed(shape, err)
		}
		defer s.Close()
		to := sse.Begin(w)
		if req.Method == http.MethodHead {
			return nil // nothing is to be followed
		}
		allowed := func() error {
			_, err := a.gate.admit(req, p)
			return err
		}
		if err := a.stream(req.Context(), s, to, allowed); err != nil {
			a.options.Logger.DebugContext(req.Context(), "stream ended early", "request_id", requestID(req.Context()), "error", err)
		}
		return nil
	})
}

// stream sends messages until there is a reason to stop. allowed says whether
// the caller may still see what comes.
func (a *API) stream(ctx context.Context, from Stream, to *sse.Writer, allowed func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.options.Stopping, cancel)()
	if err := to.Comment("open"); err != nil { // the headers reach the caller before the first message
		return err
	}
	for {
		wait, done := context.WithTimeout(ctx, a.options.Heartbeat)
		message, err := from.Next(wait)
		done()
		if refused := allowed(); refused != nil {
			return refused
		}
		switch {
		case err == nil:
			err = to.Send(message)
		case errors.Is(err, io.EOF):
			return to.Send(sse.Message{Type: "end", Data: struct{}{}})
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, context.DeadlineExceeded):
			err = to.Comment("still here")
		}
		if err != nil {
			return err
		}
	}
}
