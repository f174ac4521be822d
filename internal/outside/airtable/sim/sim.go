package sim

import (
	"net/http"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Config says who may call a simulator, how strict its limits are and where it keeps its data.
type Config struct {
	// Tokens are the personal access tokens that it accepts. Without one every call is a 401.
	Tokens []Token
	// Penalty is how long a base refuses every call after its rate was exceeded. Zero means 30 s.
	Penalty time.Duration
	// NoRateLimit switches the limits per base and per token off; the monthly quota stays.
	NoRateLimit bool
	// Speed multiplies the allowed rates and divides penalties and expiries; it never touches
	// timestamps. Zero means 1, Airtable's own pace.
	Speed float64
	// OffsetTTL is how long a listing may rest between two pages. Zero means 5 minutes.
	OffsetTTL time.Duration
	// DataFile keeps all bases, tables and records; it is created when missing. Empty means memory only.
	DataFile string
	// Clock gives timestamps and measures rates. Nil means the system's clock.
	Clock clock.Clock
}

// Token is one personal access token. A nil Scopes grants every scope.
type Token struct {
	Value  string
	Scopes []string
}

// Sim is one simulated Airtable. It is safe for concurrent use.
type Sim struct{ cfg Config }

// Open reads the data file, if there is one, and returns a simulator that is ready to answer.
func Open(cfg Config) (*Sim, error) { return &Sim{cfg: cfg}, nil }

// Handler serves the Web API below /v0/ and the admin interface below /_sim/.
func (s *Sim) Handler() http.Handler { panic("skeleton") }

// Close stops the journal after what is pending has become durable, and releases the data file.
func (s *Sim) Close() error { return nil }
