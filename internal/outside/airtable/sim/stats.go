package sim

import (
	"maps"
	"sync"
)

// stats counts calls since the start or the last reset.
type stats struct {
	mu       sync.Mutex
	calls    map[string]int
	statuses map[int]int
	barred   map[string]int
}

func newStats() *stats {
	return &stats{calls: map[string]int{}, statuses: map[int]int{}, barred: map[string]int{}}
}

// record counts a call by its name and the status of its response; 0 is a response that was dropped.
func (c *stats) record(call string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[call]++
	c.statuses[status]++
}

// limited counts a 429 of the rate limit against the base, or "" for calls that concern none.
func (c *stats) limited(base string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.barred[base]++
}

func (c *stats) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.calls)
	clear(c.statuses)
	clear(c.barred)
}

// report is the counters as GET /_sim/stats shows them.
func (c *stats) report() map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	total, limited := 0, 0
	for _, n := range c.calls {
		total += n
	}
	for _, n := range c.barred {
		limited += n
	}
	return map[string]any{
		"total": total, "calls": maps.Clone(c.calls), "statuses": maps.Clone(c.statuses),
		"rate_limited": limited, "rate_limited_by_base": maps.Clone(c.barred),
	}
}
