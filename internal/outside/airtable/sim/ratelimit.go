package sim

import (
	"sync"
	"time"
)

// Airtable's rates, in calls a second.
const (
	baseRate  = 5
	tokenRate = 50
)

// limits are the rate limits: one bucket per base, shared by all tokens, and one per token, shared by all
// bases. A call that finds its bucket empty starts a penalty, during which every call to it is refused.
type limits struct {
	off     bool
	speed   float64
	penalty time.Duration

	mu      sync.Mutex
	buckets map[string]*bucket
}

// bucket holds as many calls as may come at once, and fills at the rate.
type bucket struct {
	rate   float64
	level  float64
	filled time.Time
	barred time.Time // refuses everything before this moment
}

func newLimits(cfg Config) *limits {
	return &limits{
		off: cfg.NoRateLimit, speed: cfg.Speed, buckets: map[string]*bucket{},
		penalty: cfg.scaled(cfg.Penalty),
	}
}

// allow counts a call against its token and, unless it concerns no base, against its base.
func (l *limits) allow(token, base string, now time.Time) bool {
	if l.off {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	allowed := l.take("token "+token, tokenRate, now)
	if base != "" {
		allowed = l.take(base, baseRate, now) && allowed
	}
	return allowed
}

func (l *limits) take(name string, rate float64, now time.Time) bool {
	b := l.buckets[name]
	if b == nil {
		b = &bucket{rate: rate * l.speed, level: rate * l.speed, filled: now}
		l.buckets[name] = b
	}
	if now.Before(b.barred) {
		return false
	}
	b.level = min(b.rate, b.level+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.level < 1 {
		b.barred = now.Add(l.penalty)
		return false
	}
	b.level--
	return true
}
