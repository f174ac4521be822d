package resilience

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// Sent records whether bytes of a request may have reached the other side: the
// difference between a failure without effect and an unknown outcome.
type Sent struct{ maybe atomic.Bool }

// TraceSent returns a context for one request and the Sent that records whether
// the request was sent.
func TraceSent(ctx context.Context) (context.Context, *Sent) {
	s := &Sent{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport asks for a second connection only when it knows that
		// the first carried nothing, or for requests that are safe to repeat.
		GetConn: func(string) { s.maybe.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { s.maybe.Store(true) },
	}), s
}

// Maybe reports whether bytes may have left. False is certain, true is not.
func (s *Sent) Maybe() bool { return s.maybe.Load() }
