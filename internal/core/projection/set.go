package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Options says what a set follows and where it keeps its rows.
type Options struct {
	Store  eventstore.Store
	DB     *db.DB
	Clock  clock.Clock  // nil means the machine's clock
	Logger *slog.Logger // nil means none
	// MaxEvents bounds the events that one write stores. Zero means 4096. It has
	// no effect on what the rows become.
	MaxEvents int
}

// Set is all projections of a process. Its methods are safe for concurrent use.
type Set struct {
	options     Options
	checkpoints *checkpoints
	pages       *pages

	mu        sync.Mutex
	running   bool
	followers []*Follower
}

// Open prepares the table of checkpoints. Nothing is folded before Run.
func Open(ctx context.Context, o Options) (*Set, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxEvents == 0 {
		o.MaxEvents = 4096
	}
	c, err := openCheckpoints(ctx, o.DB)
	return &Set{options: o, checkpoints: c, pages: &pages{store: o.Store}}, err
}

// Add takes in a projection before Run. If the fold that made its rows has another
// version, it begins anew.
func (s *Set) Add(ctx context.Context, p Projection) (*Follower, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(&p); err != nil {
		return nil, err
	}
	version, position, err := s.checkpoints.load(ctx, &p)
	if err != nil {
		return nil, err
	}
	if version != p.Version && position > 0 {
		s.options.Logger.Info("a read model is made anew: its fold has another version",
			"projection", p.Name, "version", p.Version, "rows_of", version)
		if err := s.checkpoints.reset(ctx, &p); err != nil {
			return nil, err
		}
		position = 0
	}
	f := &Follower{projection: p, store: s.options.Store, db: s.options.DB, clock: s.options.Clock, log: s.options.Logger,
		maxEvents: s.options.MaxEvents, checkpoints: s.checkpoints, pages: s.pages, standing: newStanding(position)}
	s.followers = append(s.followers, f)
	return f, nil
}

// admit checks a declaration by itself and beside the others. The lock is held.
func (s *Set) admit(p *Projection) error {
	if err := p.check(); err != nil {
		return err
	}
	if s.running {
		return fmt.Errorf("projection %s: it must be added before the others run", p.Name)
	}
	for _, f := range s.followers {
		if f.Name() == p.Name {
			return fmt.Errorf("two projections are called %s; give one of them another name", p.Name)
		}
		for _, table := range p.Tables {
			if slices.Contains(f.projection.Tables, table) {
				return fmt.Errorf("the projections %s and %s both have the table %s; a table belongs to one", f.Name(), p.Name, table)
			}
		}
	}
	return nil
}

// Run keeps all projections up to date until ctx ends. It is called once. It
// returns an error only when the store is lost; a projection that has stopped does
// not end it.
func (s *Set) Run(ctx context.Context) error {
	s.mu.Lock()
	s.running = true
	followers := s.followers
	s.mu.Unlock()
	group, ctx := errgroup.WithContext(ctx)
	for _, f := range followers {
		group.Go(func() error {
			defer f.end()
			return f.run(ctx)
		})
	}
	return group.Wait()
}

// Rebuild makes the rows of some projections again, or of all when no name is
// given, and returns when they are as far as the store was at the call. It works
// beside Run and without it. A projection that cannot fold an event fails it with
// a *Fault; the others are rebuilt all the same. A name that none has is refused
// with ErrUnknown before anything is done.
func (s *Set) Rebuild(ctx context.Context, names ...string) error {
	chosen, running, err := s.choose(names)
	if err != nil {
		return err
	}
	work, stop := context.WithCancel(ctx)
	workers, work := errgroup.WithContext(work)
	if !running {
		for _, f := range chosen {
			workers.Go(func() error {
				if err := f.run(work); err != nil || work.Err() != nil {
					return err
				}
				return ErrStopped // the store was closed
			})
		}
	}
	faults := make([]error, len(chosen))
	var rebuilt sync.WaitGroup
	for i, f := range chosen {
		rebuilt.Go(func() { faults[i] = f.rebuild(work) })
	}
	rebuilt.Wait()
	stop()
	if err := workers.Wait(); err != nil {
		return err
	}
	return errors.Join(faults...)
}

// choose returns the followers of the names, all for none.
func (s *Set) choose(names []string) (chosen []*Follower, running bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(names) == 0 {
		return slices.Clone(s.followers), s.running, nil
	}
	var known []string
	for _, f := range s.followers {
		known = append(known, f.Name())
		if slices.Contains(names, f.Name()) {
			chosen = append(chosen, f)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, false, fmt.Errorf("%q: %w; there are %s", name, ErrUnknown, strings.Join(known, ", "))
		}
	}
	return chosen, s.running, nil
}

// Lags returns how far each projection is behind, in the order in which they were
// added.
func (s *Set) Lags(ctx context.Context) ([]Lag, error) {
	s.mu.Lock()
	followers := s.followers
	s.mu.Unlock()
	var lags []Lag
	for _, f := range followers {
		l, err := f.Lag(ctx)
		if err != nil {
			return nil, err
		}
		lags = append(lags, l)
	}
	return lags, nil
}
