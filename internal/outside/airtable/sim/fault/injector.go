package fault

import (
	"slices"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
)

// Injector holds the plan of a running simulator and its counters. The zero value has no faults. Safe for
// concurrent use.
type Injector struct {
	mu   sync.Mutex
	plan Plan
}

// Set replaces the plan and starts counting afresh.
func (i *Injector) Set(p Plan) {
	p = p.clone()
	for n := range p.Faults {
		r := &p.Faults[n]
		r.Seen, r.Met, r.Nth = 0, 0, max(r.Nth, 1)
		if r.Times == 0 {
			r.Times = 1
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.plan = p
}

// Plan is a copy of the plan with its counters.
func (i *Injector) Plan() Plan {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.plan.clone()
}

// Next counts a call against every rule that it matches, and returns the effect of the first rule that meets it.
func (i *Injector) Next(c Call) Effect {
	i.mu.Lock()
	defer i.mu.Unlock()
	effect := Effect{}
	for n := range i.plan.Faults {
		r := &i.plan.Faults[n]
		if !r.matches(c) {
			continue
		}
		r.Seen++
		if effect != (Effect{}) || r.Seen < r.Nth || r.Times > 0 && r.Seen >= r.Nth+r.Times {
			continue
		}
		r.Met++
		effect = r.effect()
	}
	return effect
}

// Spend takes one call from the month's quota and reports whether there was one.
func (i *Injector) Spend() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.plan.QuotaRemaining == nil {
		return true
	}
	if *i.plan.QuotaRemaining == 0 {
		return false
	}
	*i.plan.QuotaRemaining--
	return true
}

// Revoked reports whether a token is no longer accepted.
func (i *Injector) Revoked(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Contains(i.plan.RevokedTokens, token)
}

// Quirks are the switches of the plan. They must not be changed.
func (i *Injector) Quirks() quirk.Set {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.plan.Set
}

// Singular reports whether a 429 is written as one error instead of as a list.
func (i *Injector) Singular() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.plan.SingularErrors
}
