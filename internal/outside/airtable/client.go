package airtable

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/resilience"
)

// Options configure a Client. The zero value talks to Airtable itself and keeps
// to its documented limits.
type Options struct {
	// BaseURL is the scheme and host, without /v0. Empty means https://api.airtable.com.
	BaseURL string
	// RequestsPerSecond bounds the calls to one base by all tokens together.
	// Airtable refuses more than 5. Zero means 4.9.
	RequestsPerSecond float64
	// TokenRequestsPerSecond bounds the calls with one token to all bases together. Zero means 50.
	TokenRequestsPerSecond float64
	// Penalty is how long a base is left alone after a 429. Zero means 30 s.
	Penalty time.Duration
	// RequestTimeout bounds one call, not counting the wait for limiters. Zero means 30 s.
	RequestTimeout time.Duration
	// MaxResponseBytes bounds one response after decompression. Zero means 64 MiB.
	MaxResponseBytes int64
	// HTTP sends the requests; its own timeout should be zero. Nil means a
	// client of our own that reuses connections. Redirects are never followed.
	HTTP *http.Client
	// Clock measures durations and paces the limiters. Nil means the machine's clock.
	Clock clock.Clock
	// Meter learns of calls and waits. Nil means none.
	Meter Meter
	// UserAgent is the User-Agent header. Empty means pyairtable-workflows.
	UserAgent string
}

func (o Options) withDefaults() Options {
	o.BaseURL = strings.TrimRight(cmp.Or(o.BaseURL, "https://api.airtable.com"), "/")
	o.RequestsPerSecond = cmp.Or(o.RequestsPerSecond, 4.9)
	o.TokenRequestsPerSecond = cmp.Or(o.TokenRequestsPerSecond, 50)
	o.Penalty = cmp.Or(o.Penalty, 30*time.Second)
	o.RequestTimeout = cmp.Or(o.RequestTimeout, 30*time.Second)
	o.MaxResponseBytes = cmp.Or(o.MaxResponseBytes, 64<<20)
	o.UserAgent = cmp.Or(o.UserAgent, "pyairtable-workflows")
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Meter == nil {
		o.Meter = NoMeter{}
	}
	return o
}

// Client calls the Airtable Web API. It is safe for concurrent use, and all its
// callers share its limiters. It never retries: a failure is classified once
// (*failure.Error) and returned.
type Client struct {
	o      Options
	http   http.Client
	bases  *resilience.Limiter // keyed by base
	tokens *resilience.Limiter // keyed by token
}

// New returns a client. Call CloseIdleConnections when done with it.
func New(o Options) *Client {
	o = o.withDefaults()
	c := &Client{
		o:      o,
		bases:  resilience.NewLimiter(resilience.LimiterOptions{Name: "airtable_base", PerSecond: o.RequestsPerSecond, Clock: o.Clock, Waited: o.Meter.Waited}),
		tokens: resilience.NewLimiter(resilience.LimiterOptions{Name: "airtable_token", PerSecond: o.TokenRequestsPerSecond, Clock: o.Clock, Waited: o.Meter.Waited}),
	}
	if o.HTTP != nil {
		c.http = *o.HTTP
	} else {
		c.http.Transport = resilience.NewTransport(resilience.TransportOptions{FirstByteTimeout: o.RequestTimeout})
	}
	// A redirect would turn a POST into a GET and might carry the token elsewhere.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// CloseIdleConnections closes the connections that no call uses.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }
