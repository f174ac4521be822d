package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/fault"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/limit"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// maxURL is the length from which a URL is refused.
const maxURL = 16_000

// gate serves the Web API: it checks each call, has its operation run, and answers when everything that the call saw
// or did is on disk.
type gate struct {
	tokens []Token
	limits *limit.Limits
	faults *fault.Injector
	stats  *stats
	world  *world
}

// ServeHTTP answers one call.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		g.stats.record("OPTIONS preflight", http.StatusOK)
		writeResponse(w, r, g.world.now(), nil, nil)
		return
	}
	op, c, effect, err := g.admit(r)
	name := op.countedAs(r.Method)
	effect.Wait(r.Context())
	if err == nil {
		err = effect.Refusal()
	}
	var body []byte
	if err == nil {
		body, err = g.run(op, c, r)
	}
	if effect.DropsResponse() {
		g.stats.record(name, 0)
		panic(http.ErrAbortHandler) // cuts the connection without a response
	}
	g.stats.record(name, statusOf(err))
	writeResponse(w, r, g.world.now(), body, err)
}

// admit checks what does not depend on the data, in Airtable's order: the URL, the path, the token, the limits, the
// scope. Only a call that has passed them can meet a fault.
func (g *gate) admit(r *http.Request) (operation, *call, fault.Effect, *wire.Error) {
	if len(r.Host)+len(r.RequestURI)+len("https://") >= maxURL {
		return operation{}, nil, fault.Effect{}, &wire.Error{Status: http.StatusRequestURITooLong, Message: "Request-URI Too Large", Shape: wire.Text}
	}
	op, path, found := route(r.Method, r.URL.EscapedPath())
	if !found {
		return op, nil, fault.Effect{}, &wire.Error{Status: http.StatusNotFound, Type: "NOT_FOUND", Shape: wire.Word}
	}
	token, found := g.token(r.Header.Get("Authorization"))
	if !found {
		return op, nil, fault.Effect{}, &wire.Error{Status: http.StatusUnauthorized, Type: "AUTHENTICATION_REQUIRED", Message: "Authentication required"}
	}
	if err := g.spend(op, token, path.base); err != nil {
		return op, nil, fault.Effect{}, err
	}
	if op.scope != "" && !token.allows(op.scope) {
		return op, nil, fault.Effect{}, wire.ModelNotFound()
	}
	query, _ := url.ParseQuery(r.URL.RawQuery) // what is malformed in it is left out
	effect := g.faults.Next(fault.Call{Method: r.Method, Path: r.URL.EscapedPath(), Operation: op.name})
	return op, &call{method: r.Method, path: path, query: query, token: token, origin: origin(r), remote: !fromHere(r)}, effect, nil
}

// token finds the token of an Authorization header, unless it has been revoked.
func (g *gate) token(header string) (Token, bool) {
	value, bearer := strings.CutPrefix(header, "Bearer ")
	if !bearer || g.faults.Revoked(value) {
		return Token{}, false
	}
	at := slices.IndexFunc(g.tokens, func(t Token) bool { return t.Value == value })
	if at < 0 {
		return Token{}, false
	}
	return g.tokens[at], true
}

// spend counts a call against the rates and the monthly quota.
func (g *gate) spend(op operation, token Token, base string) *wire.Error {
	shape := wire.Array
	if g.faults.Singular() {
		shape = wire.Object
	}
	if !g.limits.Allow(token.Value, base, g.world.now()) {
		g.stats.limited(base)
		return &wire.Error{Status: http.StatusTooManyRequests, Type: "RATE_LIMIT_REACHED",
			Message: "Rate limit exceeded. Please try again later", Shape: shape}
	}
	if !op.meta && !g.faults.Spend() {
		return &wire.Error{Status: http.StatusTooManyRequests, Type: "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
			Message: "API billing plan limit exceeded. You've reached the maximum number of requests allowed for this month.",
			Shape:   shape}
	}
	return nil
}

// run executes the operation and waits until what it saw and did is durable.
func (g *gate) run(op operation, c *call, r *http.Request) ([]byte, *wire.Error) {
	var err *wire.Error
	if c.body, err = readBody(r); err != nil {
		return nil, err
	}
	done, err := op.serve(g.world, c)
	if err != nil {
		return nil, err
	}
	if err := done.ticket.Wait(); err != nil {
		return nil, &wire.Error{Status: http.StatusInternalServerError, Type: "SERVER_ERROR", Message: "The simulator cannot save: " + err.Error()}
	}
	return done.body, nil
}
