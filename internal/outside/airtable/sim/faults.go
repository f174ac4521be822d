package sim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The kinds of faults.
const (
	faultBadGateway  = "bad_gateway" // 502 with an HTML body, before anything happened
	faultUnavailable = "unavailable" // 503 with Retry-After, before anything happened
	faultDrop        = "drop"        // the connection is cut after the effect is durable
	faultDelay       = "delay"       // the call is served, later
)

// fault is one entry of the plan: which calls it meets and what happens to them.
type fault struct {
	Method     string `json:"method,omitempty"`    // any when empty
	Path       string `json:"path,omitempty"`      // pattern over the escaped path; any when empty
	Operation  string `json:"operation,omitempty"` // name as in the statistics; any when empty
	Nth        int    `json:"nth,omitempty"`       // the first matching call it meets, from 1; 0 means 1
	Times      int    `json:"times,omitempty"`     // how many calls in a row it meets; 0 means 1, -1 all
	Fault      string `json:"fault"`
	RetryAfter int    `json:"retry_after,omitempty"` // seconds, for unavailable
	DelayMS    int    `json:"delay_ms,omitempty"`    // for delay
	Seen       int    `json:"seen"`                  // matching calls so far
	Met        int    `json:"met"`                   // calls that had the fault

	kind string
}

// plan is what PUT /_sim/faults sets, whole.
type plan struct {
	Faults         []fault  `json:"faults"`
	RevokedTokens  []string `json:"revoked_tokens"`
	QuotaRemaining *int     `json:"quota_remaining"` // calls left this month; null means no quota
	SingularErrors bool     `json:"singular_429"`    // 429s as {"error":{…}}, as the documentation prints them
}

// faults holds the plan of a running simulator. It lives in memory only: a restart has none.
type faults struct {
	mu   sync.Mutex
	plan plan
}

// check refuses a plan that cannot mean anything.
func (p plan) check() error {
	kinds := []string{faultBadGateway, faultUnavailable, faultDrop, faultDelay}
	for i, f := range p.Faults {
		if !slices.Contains(kinds, f.Fault) {
			return fmt.Errorf("faults[%d].fault is %q; write one of %s", i, f.Fault, strings.Join(kinds, ", "))
		}
		if f.Nth < 0 || f.Times < -1 || f.DelayMS < 0 || f.RetryAfter < 0 {
			return fmt.Errorf("faults[%d] has a negative number; only times may be -1, for all calls", i)
		}
	}
	if p.QuotaRemaining != nil && *p.QuotaRemaining < 0 {
		return fmt.Errorf("quota_remaining is negative; write 0 for an exhausted quota or null for none")
	}
	return nil
}

// set replaces the plan and starts counting afresh.
func (f *faults) set(p plan) {
	for i := range p.Faults {
		entry := &p.Faults[i]
		entry.kind, entry.Seen, entry.Met = entry.Fault, 0, 0
		entry.Nth = max(entry.Nth, 1)
		if entry.Times == 0 {
			entry.Times = 1
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = p
}

// current is a copy of the plan with its counters.
func (f *faults) current() plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.plan
	p.Faults = append([]fault{}, p.Faults...)
	p.RevokedTokens = append([]string{}, p.RevokedTokens...)
	if p.QuotaRemaining != nil {
		left := *p.QuotaRemaining
		p.QuotaRemaining = &left
	}
	return p
}

// next counts a call against every entry that it matches and returns the first one that it meets.
func (f *faults) next(q *request) fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	met := fault{}
	for i := range f.plan.Faults {
		entry := &f.plan.Faults[i]
		if !entry.matches(q) {
			continue
		}
		entry.Seen++
		if met.kind != "" || entry.Seen < entry.Nth || entry.Times > 0 && entry.Seen >= entry.Nth+entry.Times {
			continue
		}
		entry.Met++
		met = *entry
	}
	return met
}

func (f *fault) matches(q *request) bool {
	return (f.Method == "" || f.Method == q.http.Method) && (f.Operation == "" || f.Operation == q.op.name) &&
		(f.Path == "" || glob(f.Path, strings.TrimSuffix(q.http.URL.EscapedPath(), "/")))
}

// glob matches a pattern in which * stands for any number of characters, slashes too.
func glob(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	text, found := strings.CutPrefix(text, first)
	if !found || !more {
		return found && text == ""
	}
	for at := 0; at <= len(text); at++ {
		if glob(rest, text[at:]) {
			return true
		}
	}
	return false
}

// wait passes the time of a delay, unless the caller goes away.
func (f fault) wait(ctx context.Context) {
	timer := time.NewTimer(time.Duration(f.DelayMS) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// instead is the answer of a fault that keeps the call from being served, or nil.
func (f fault) instead() *apiError {
	switch f.kind {
	case faultBadGateway:
		return &apiError{status: http.StatusBadGateway, shape: shapeText,
			message: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"}
	case faultUnavailable:
		return &apiError{status: http.StatusServiceUnavailable, kind: "RETRIABLE_ERROR", retryAfter: f.RetryAfter,
			message: "Server encountered an error while processing your request, and it is safe to retry the request"}
	}
	return nil
}

// spend takes one call from the month's quota and reports whether there was one.
func (f *faults) spend() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan.QuotaRemaining == nil {
		return true
	}
	if *f.plan.QuotaRemaining == 0 {
		return false
	}
	*f.plan.QuotaRemaining--
	return true
}

func (f *faults) isRevoked(token string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.plan.RevokedTokens, token)
}

// limitShape is how 429s are written.
func (f *faults) limitShape() errorShape {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan.SingularErrors {
		return shapeObject
	}
	return shapeArray
}
