package sim

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// maxBody bounds a request's body, in bytes. Airtable documents no figure.
const maxBody = 16 << 20

// The scopes of the operations.
const (
	scopeRead        = "data.records:read"
	scopeWrite       = "data.records:write"
	scopeSchemaRead  = "schema.bases:read"
	scopeSchemaWrite = "schema.bases:write"
	scopeEmail       = "user.email:read"
)

// Token is one personal access token. Nil Scopes grant every scope.
type Token struct {
	Value  string
	Scopes []string
}

// allows reports whether the token has a scope.
func (t Token) allows(scope string) bool { return t.Scopes == nil || slices.Contains(t.Scopes, scope) }

// path is what a call's path names. What it does not name is empty.
type path struct{ base, table, record, field string }

// call is one call that is served.
type call struct {
	method string
	path   path
	query  url.Values
	body   []byte
	token  Token
	origin string // scheme and host by which it came
	remote bool   // came from another machine
}

// decode reads the body.
func (c *call) decode(into any) *wire.Error { return wire.Decode(c.body, into) }

// readBody reads a body that is not too large, and is JSON where there has to be one.
func readBody(r *http.Request) ([]byte, *wire.Error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, &wire.Error{Status: http.StatusRequestEntityTooLarge, Type: "REQUEST_TOO_LARGE", Message: "Request body is too large"}
		}
		return nil, wire.InvalidBody()
	}
	if len(body) > 0 && r.Method != http.MethodGet && r.Method != http.MethodDelete &&
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, wire.InvalidBody()
	}
	return body, nil
}
