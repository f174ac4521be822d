package sim

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/journal"
)

const (
	// maxURL is the length from which a URL is refused.
	maxURL = 16_000
	// maxBody bounds a request's body, in bytes. Airtable documents no figure.
	maxBody = 16 << 20
)

// request is one call on its way through the gate.
type request struct {
	http  *http.Request
	op    operation
	path  path
	query url.Values
	body  []byte
	token Token
}

// answer is a success: its JSON, and the ticket of what must be durable before it is sent.
type answer struct {
	body   []byte
	ticket *journal.Ticket
}

// serveAPI takes a call through the gate, runs it, and answers when everything it saw or did is on disk.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	q, caught, err := s.gate(r)
	var ok answer
	if err == nil && caught.kind == faultDelay {
		caught.wait(r.Context())
	}
	if err == nil {
		err = caught.instead()
	}
	if err == nil {
		ok, err = s.run(q)
	}
	if caught.kind == faultDrop {
		s.stats.record(q.call(), 0)
		panic(http.ErrAbortHandler) // cuts the connection without an answer
	}
	s.respond(w, q, ok, err)
}

// run executes the operation and waits until its effect is durable.
func (s *Sim) run(q *request) (answer, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, q.http.Body, maxBody))
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return answer{}, errBodyTooLarge()
		}
		return answer{}, errBadBody()
	}
	if len(body) > 0 && q.http.Method != http.MethodGet && q.http.Method != http.MethodDelete &&
		!strings.HasPrefix(q.http.Header.Get("Content-Type"), "application/json") {
		return answer{}, errBadBody()
	}
	q.body = body
	ok, failed := q.op.serve(s, q)
	if failed != nil {
		return answer{}, failed
	}
	if err := ok.ticket.Wait(); err != nil {
		return answer{}, errJournal(err)
	}
	return ok, nil
}

// gate checks what does not depend on the data, in Airtable's order: the URL, the path, the token, the
// limits, the scope. Only a call that passed them can meet a fault.
func (s *Sim) gate(r *http.Request) (*request, fault, *apiError) {
	q := &request{http: r}
	if len(r.Host)+len(r.RequestURI)+len("https://") >= maxURL {
		return q, fault{}, errURITooLong()
	}
	var found bool
	if q.op, q.path, found = route(r.Method, r.URL.EscapedPath()); !found {
		return q, fault{}, errNoRoute()
	}
	q.query, _ = url.ParseQuery(r.URL.RawQuery) // what is malformed in it is left out
	if q.token, found = s.token(r.Header.Get("Authorization")); !found {
		return q, fault{}, errUnauthenticated()
	}
	shape := s.faults.limitShape()
	if !s.limits.allow(q.token.Value, q.path.base, s.now()) {
		s.stats.limited(q.path.base)
		return q, fault{}, errRateLimited(shape)
	}
	if !q.op.meta && !s.faults.spend() {
		return q, fault{}, errQuota(shape)
	}
	if q.op.scope != "" && !q.token.allows(q.op.scope) {
		return q, fault{}, errNoModel()
	}
	return q, s.faults.next(q), nil
}

// token finds the token of an Authorization header, unless it was revoked.
func (s *Sim) token(header string) (Token, bool) {
	value, bearer := strings.CutPrefix(header, "Bearer ")
	if !bearer || s.faults.isRevoked(value) {
		return Token{}, false
	}
	at := slices.IndexFunc(s.cfg.Tokens, func(t Token) bool { return t.Value == value })
	if at < 0 {
		return Token{}, false
	}
	return s.cfg.Tokens[at], true
}

// allows reports whether the token has a scope.
func (t Token) allows(scope string) bool { return t.Scopes == nil || slices.Contains(t.Scopes, scope) }

// call is the name under which a call is counted.
func (q *request) call() string {
	if q.op.name == "" {
		return q.http.Method + " unknown"
	}
	return q.http.Method + " " + q.op.name
}

// respond writes the answer, with the server's own time on it as on every answer.
func (s *Sim) respond(w http.ResponseWriter, q *request, ok answer, err *apiError) {
	status, body, contentType := http.StatusOK, ok.body, "application/json; charset=utf-8"
	if err != nil {
		status, body = err.status, err.body()
		if err.shape == shapeText {
			contentType = "text/html; charset=utf-8"
		}
		if err.retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(err.retryAfter))
		}
	}
	s.stats.record(q.call(), status)
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Date", s.now().UTC().Format(http.TimeFormat))
	header.Set("Access-Control-Allow-Origin", "*")
	if status == http.StatusOK || status == http.StatusNotFound {
		header.Set("ETag", fmt.Sprintf(`W/"%x-%08x"`, len(body), crc32.ChecksumIEEE(body)))
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that went away is its own affair
}

// now is the simulator's time, in milliseconds as Airtable shows it.
func (s *Sim) now() time.Time { return s.cfg.Clock.Now().Truncate(time.Millisecond) }
