// Package limit is Airtable's rate limits: how many calls a second a base and a token may make, and the penalty
// for more. It knows no HTTP and no clock: the caller names the moment of each call.
package limit

import (
	"sync"
	"time"
)

// Airtable's rates, in calls a second.
const (
	baseRate  = 5
	tokenRate = 50
)

// Options say how strict the limits are.
type Options struct {
	// Off lets every call pass.
	Off bool
	// Speed multiplies the rates. It must be above 0; 1 is Airtable's own pace.
	Speed float64
	// Penalty is how long every call is refused after the rate was exceeded. Speed does not change it.
	Penalty time.Duration
}

// Limits are one bucket per base, shared by all tokens, and one per token, shared by all bases. A call that finds
// its bucket empty starts a penalty, during which every call to it is refused. Safe for concurrent use.
type Limits struct {
	o Options

	mu     sync.Mutex
	bases  map[string]*bucket
	tokens map[string]*bucket
}

// bucket holds as many calls as may come at once, and fills at the rate.
type bucket struct {
	rate   float64
	level  float64
	filled time.Time // when level was true
	barred time.Time // refuses everything before this moment
}

// New returns limits whose buckets are full.
func New(o Options) *Limits {
	return &Limits{o: o, bases: map[string]*bucket{}, tokens: map[string]*bucket{}}
}

// Allow counts a call against its token and against its base, unless base is "" because the call concerns none. It
// reports whether the call may go on.
func (l *Limits) Allow(token, base string, now time.Time) bool {
	if l.o.Off {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	allowed := l.take(l.tokens, token, tokenRate, now)
	if base != "" {
		allowed = l.take(l.bases, base, baseRate, now) && allowed
	}
	return allowed
}

// take takes one call out of a bucket, which is full when it is new.
func (l *Limits) take(buckets map[string]*bucket, name string, rate float64, now time.Time) bool {
	b := buckets[name]
	if b == nil {
		b = &bucket{rate: rate * l.o.Speed, level: rate * l.o.Speed, filled: now}
		buckets[name] = b
	}
	if now.Before(b.barred) {
		return false
	}
	b.level = min(b.rate, b.level+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.level < 1 {
		b.barred = now.Add(l.o.Penalty)
		return false
	}
	b.level--
	return true
}
