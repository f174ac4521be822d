package sim

import (
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// whoami answers the token's owner, an id that follows from the token. It shows no scopes, as for every personal
// access token.
func whoami(_ *world, c *call) (response, *wire.Error) {
	id := wire.DerivedID("usr", c.token.Value)
	out := wire.AppendString([]byte(`{"id":`), id)
	if c.token.allows(scopeEmail) {
		out = wire.AppendString(append(out, `,"email":`...), strings.ToLower(id)+"@example.com")
	}
	return response{body: append(out, '}')}, nil
}

// enterpriseOnly refuses what exists on Enterprise plans alone.
func enterpriseOnly(*world, *call) (response, *wire.Error) {
	return response{}, wire.NotPermitted("perform this operation")
}
