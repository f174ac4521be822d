package sim

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/journal"
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
type Sim struct {
	cfg       Config
	world     *world
	iterators *iterators
	limits    *limits
	faults    *faults
	stats     *stats
	journal   *journal.Journal // nil without a data file
	compactAt int64            // size of the journal from which it is rewritten
}

// Open reads the data file, if there is one, and returns a simulator that is ready to answer. It refuses a
// file that another process has open.
func Open(cfg Config) (*Sim, error) {
	if cfg.Speed < 0 || cfg.Penalty < 0 || cfg.OffsetTTL < 0 {
		return nil, fmt.Errorf("open the simulator: speed %g, penalty %s and offset time %s must not be negative",
			cfg.Speed, cfg.Penalty, cfg.OffsetTTL)
	}
	if cfg.Speed == 0 {
		cfg.Speed = 1
	}
	if cfg.Penalty == 0 {
		cfg.Penalty = 30 * time.Second
	}
	if cfg.OffsetTTL == 0 {
		cfg.OffsetTTL = 5 * time.Minute
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	s := &Sim{
		cfg: cfg, world: newWorld(), limits: newLimits(cfg), faults: &faults{}, stats: newStats(),
		iterators: &iterators{ttl: cfg.scaled(cfg.OffsetTTL), all: map[string]*iterator{}},
	}
	return s, s.openJournal()
}

// scaled is how long something of Airtable's lasts at this speed.
func (c Config) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / c.Speed) }

// Handler serves the Web API below /v0/ and the admin interface below /_sim/.
func (s *Sim) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_sim/") {
			s.serveAdmin(w, r)
			return
		}
		s.serveAPI(w, r)
	})
}

// Close waits until what is pending is durable and releases the data file. Calls that come later fail.
func (s *Sim) Close() error {
	if s.journal == nil {
		return nil
	}
	return s.journal.Close()
}
