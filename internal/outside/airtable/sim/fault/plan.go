// Package fault is how the simulator is made to misbehave: a plan of faults, revoked tokens and a monthly quota,
// set by tests through the admin interface and asked on every call. It lives in memory only: a restart has none.
package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
)

// Type is what happens to a call that has a fault.
type Type string

// The types of faults. A new one needs a place in types, and what it does in effect.go.
const (
	BadGateway  Type = "bad_gateway" // 502 with an HTML body, before anything happened
	Unavailable Type = "unavailable" // 503, with Retry-After if the rule says so, before anything happened
	Drop        Type = "drop"        // the connection is cut after the effect is durable
	Delay       Type = "delay"       // the call is served, later
)

var types = []Type{BadGateway, Unavailable, Drop, Delay}

// Rule is one entry of a plan: which calls it meets and what happens to them.
type Rule struct {
	Method     string `json:"method,omitempty"`    // any when empty
	Path       string `json:"path,omitempty"`      // a pattern over the escaped path; any when empty
	Operation  string `json:"operation,omitempty"` // its name in the statistics; any when empty
	Nth        int    `json:"nth,omitempty"`       // the first matching call that it meets, from 1; 0 means 1
	Times      int    `json:"times,omitempty"`     // how many calls in a row it meets; 0 means 1, -1 all
	Fault      Type   `json:"fault"`
	RetryAfter int    `json:"retry_after,omitempty"` // seconds, for unavailable
	DelayMS    int    `json:"delay_ms,omitempty"`    // for delay
	Seen       int    `json:"seen"`                  // matching calls so far
	Met        int    `json:"met"`                   // calls that had the fault
}

// Plan is what PUT /_sim/faults sets, whole.
type Plan struct {
	Faults         []Rule   `json:"faults"`
	RevokedTokens  []string `json:"revoked_tokens"`
	QuotaRemaining *int     `json:"quota_remaining"` // calls left this month; null means that there is no quota
	SingularErrors bool     `json:"singular_429"`    // 429s as {"error":{…}}, which is how the documentation prints them
	quirk.Set
}

// Parse reads a plan and refuses one that cannot mean anything. The error says what to write instead.
func Parse(body []byte) (Plan, error) {
	var p Plan
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Plan{}, err
	}
	return p, p.check()
}

func (p Plan) check() error {
	for i, r := range p.Faults {
		if !slices.Contains(types, r.Fault) {
			return fmt.Errorf("faults[%d].fault is %q; write one of %s", i, r.Fault, names(types))
		}
		if r.Nth < 0 || r.Times < -1 || r.DelayMS < 0 || r.RetryAfter < 0 {
			return fmt.Errorf("faults[%d] has a negative number; only times may be -1, for all calls", i)
		}
	}
	if p.QuotaRemaining != nil && *p.QuotaRemaining < 0 {
		return fmt.Errorf("quota_remaining is negative; write 0 for an exhausted quota or null for none")
	}
	return p.Set.Check()
}

func names(types []Type) string {
	texts := make([]string, len(types))
	for i, k := range types {
		texts[i] = string(k)
	}
	return strings.Join(texts, ", ")
}

// clone copies a plan so that neither copy can change the other.
func (p Plan) clone() Plan {
	p.Faults = append([]Rule{}, p.Faults...)
	p.RevokedTokens = append([]string{}, p.RevokedTokens...)
	if p.QuotaRemaining != nil {
		left := *p.QuotaRemaining
		p.QuotaRemaining = &left
	}
	p.Set = p.Set.Clone()
	return p
}

// Call is a call as rules see it.
type Call struct {
	Method    string
	Path      string // escaped
	Operation string
}

// matches reports whether a call is one of those that the rule counts.
func (r *Rule) matches(c Call) bool {
	return (r.Method == "" || r.Method == c.Method) && (r.Operation == "" || r.Operation == c.Operation) &&
		(r.Path == "" || quirk.Matches(r.Path, strings.TrimSuffix(c.Path, "/")))
}
