package projection

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

const (
	// gather is how long a follower lets events collect while nobody waits for
	// them: an execution that starts and ends meanwhile costs one row write.
	gather = 50 * time.Millisecond
	// retryAfter is the first pause after a failure, such as on a full disk; it
	// doubles up to retryAtMost.
	retryAfter  = time.Second
	retryAtMost = 16 * time.Second
	// saveEvery bounds the events that are looked at again after a restart
	// because none of them was wanted.
	saveEvery = 10_000
)

// Follower keeps one projection up to date. It is safe for concurrent use.
type Follower struct {
	projection  Projection
	store       eventstore.Store
	db          *db.DB
	clock       clock.Clock
	log         *slog.Logger
	checkpoints *checkpoints
	pages       *pages
	standing    *standing
	rebuilds    rebuilds
	maxEvents   int
	turn        sync.Mutex // held by the one goroutine that folds
}

// Name returns the name of the projection.
func (f *Follower) Name() string { return f.projection.Name }

// WaitFor returns once the rows hold everything up to position. It does not
// sleep: the follower is woken and wakes the caller. When the projection has
// stopped at an event, it is tried again; if that fails, so does WaitFor, with a
// *Fault. It fails with ErrStopped when the process is stopping.
func (f *Follower) WaitFor(ctx context.Context, position int64) error {
	return f.standing.wait(ctx, position)
}

// Current returns once the rows hold everything that was durable at the call.
func (f *Follower) Current(ctx context.Context) error {
	head, err := f.store.Head(ctx)
	if err != nil {
		return err
	}
	return f.WaitFor(ctx, head)
}

// Lag is how far a projection is behind the store.
type Lag struct {
	Projection string
	Events     int64
	Age        time.Duration // of the oldest event that is not in the rows
	Fault      *Fault        // why it has stopped; nil: it has not
}

// Lag returns how far the projection is behind.
func (f *Follower) Lag(ctx context.Context) (Lag, error) {
	applied, fault := f.standing.look()
	l := Lag{Projection: f.projection.Name, Fault: fault}
	head, err := f.store.Head(ctx)
	if err != nil || head <= applied {
		return l, err
	}
	l.Events = head - applied
	next, err := f.store.ReadAll(ctx, applied, 1, eventstore.Filter{Private: true})
	if len(next) > 0 {
		l.Age = max(0, f.clock.Now().Sub(next[0].Time))
	}
	return l, err
}

// rebuild makes the rows again and returns when they are as far as the store was
// at the call. Someone must run the follower.
func (f *Follower) rebuild(ctx context.Context) error {
	done := f.rebuilds.ask()
	select {
	case err := <-done:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return f.Current(ctx)
}

// end tells everyone who waits that nothing comes any more.
func (f *Follower) end() {
	f.standing.end()
	f.rebuilds.end()
}

// run folds events until ctx ends. It returns an error only when the store is
// lost.
func (f *Follower) run(ctx context.Context) error {
	f.turn.Lock()
	defer f.turn.Unlock()
	for {
		round, cancel := context.WithCancel(ctx)
		err := f.begin(ctx, f.rebuilds.take(cancel))
		if err == nil {
			err = f.follow(round)
		}
		cancel()
		switch {
		case ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed):
			return nil
		case errors.Is(err, db.ErrLost):
			return err
		case err != nil && round.Err() == nil:
			f.log.Error("a read model cannot go on and is tried again", "projection", f.Name(), "error", err, "after", retryAfter)
			f.pause(ctx, retryAfter)
		}
	}
}

// begin empties the tables if a rebuild was asked for.
func (f *Follower) begin(ctx context.Context, asked []chan error) error {
	if len(asked) == 0 {
		return nil
	}
	err := f.checkpoints.reset(ctx, &f.projection)
	if err == nil {
		f.standing.advance(0)
	}
	for _, a := range asked {
		a <- err
	}
	return err
}

// follow folds batches until ctx ends or the store cannot be read.
func (f *Follower) follow(ctx context.Context) error {
	applied, _ := f.standing.look()
	w := &worker{Follower: f, caution: newCaution(f.maxEvents), saved: applied,
		cursor: &cursor{store: f.store, pages: f.pages, position: applied}}
	defer w.cursor.close()
	for {
		b, err := w.next(ctx)
		if err != nil {
			return err
		}
		if err := w.apply(ctx, b); err != nil {
			return err
		}
	}
}

// pause lasts d, or until ctx ends.
func (f *Follower) pause(ctx context.Context, d time.Duration) { f.wait(ctx, d, nil) }

// wait lasts d, or until ctx ends or someone comes to wait for the projection.
func (f *Follower) wait(ctx context.Context, d time.Duration, kick <-chan struct{}) {
	over := make(chan struct{})
	timer := f.clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	for {
		select {
		case <-kick:
			if f.standing.awaited() { // a kick may be left over from one who was served
				return
			}
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}
