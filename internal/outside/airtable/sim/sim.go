package sim

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/fault"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/limit"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Config says who may call a simulator, how strict its limits are and where it keeps its data.
type Config struct {
	// Tokens are the personal access tokens that it accepts. Without one every call is a 401.
	Tokens []Token
	// Penalty is how long a base refuses every call after its rate was exceeded. Zero means 30 s.
	Penalty time.Duration
	// NoRateLimit switches the limits per base and per token off. The monthly quota stays.
	NoRateLimit bool
	// Speed multiplies the allowed rates and divides penalties and expiries. It never changes a timestamp. Zero
	// means 1, Airtable's own pace.
	Speed float64
	// OffsetTTL is how long a listing may rest between two pages. Zero means 5 minutes.
	OffsetTTL time.Duration
	// DataFile keeps all bases, tables and records. It is created when missing. Empty means memory only.
	DataFile string
	// Clock gives timestamps and measures rates. Nil means the system's clock.
	Clock clock.Clock
}

// withDefaults fills in what was left out and refuses what cannot be meant.
func (c Config) withDefaults() (Config, error) {
	if c.Speed < 0 || c.Penalty < 0 || c.OffsetTTL < 0 {
		return c, fmt.Errorf("open the simulator: speed %g, penalty %s and offset time %s must not be negative",
			c.Speed, c.Penalty, c.OffsetTTL)
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Penalty == 0 {
		c.Penalty = 30 * time.Second
	}
	if c.OffsetTTL == 0 {
		c.OffsetTTL = 5 * time.Minute
	}
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	return c, nil
}

// scaled is how long something of Airtable's lasts at this speed.
func (c Config) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / c.Speed) }

// urlLife is how long a url of an attachment is good after it was returned.
const urlLife = 2 * time.Hour

// Sim is one simulated Airtable. It is safe for concurrent use.
type Sim struct {
	world *world
	api   *gate
	admin *admin
}

// Open reads the data file, if there is one, and returns a simulator that is ready to answer. It refuses a file that
// another process has open. The caller closes it.
func Open(cfg Config) (*Sim, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	faults, stats := &fault.Injector{}, newStats()
	world, err := openWorld(worldOptions{dataFile: cfg.DataFile, offsetTTL: cfg.scaled(cfg.OffsetTTL), urlLife: cfg.scaled(urlLife), clock: cfg.Clock, quirks: faults.Quirks})
	if err != nil {
		return nil, err
	}
	limits := limit.New(limit.Options{Off: cfg.NoRateLimit, Speed: cfg.Speed, Penalty: cfg.scaled(cfg.Penalty)})
	return &Sim{
		world: world,
		api:   &gate{tokens: cfg.Tokens, limits: limits, faults: faults, stats: stats, world: world},
		admin: &admin{faults: faults, stats: stats, world: world},
	}, nil
}

// Handler serves the Web API below /v0/, the files of attachments below /v3/u/ and the admin interface below /_sim/.
func (s *Sim) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/_sim/"):
			s.admin.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, file.Prefix):
			s.world.serveFile(w, r)
		default:
			s.api.ServeHTTP(w, r)
		}
	})
}

// Close waits until what is pending is durable and releases the data file. Calls that come later fail.
func (s *Sim) Close() error { return s.world.close() }
