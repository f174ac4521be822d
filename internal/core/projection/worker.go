package projection

import (
	"context"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// worker is a follower at work from one position on.
type worker struct {
	*Follower
	cursor  *cursor
	caution caution
	fold    Fold          // nil: to be begun
	saved   int64         // position of the stored checkpoint, or later than that
	delay   time.Duration // of the last pause; zero: nothing is wrong
}

// next waits for events and returns those that one write is to store: all that
// there are, up to the limits. While nobody waits it lets some more collect, but
// not when there is enough for a batch already.
func (w *worker) next(ctx context.Context) (*batch, error) {
	c, err := w.cursor.next(ctx)
	if err != nil {
		return nil, err
	}
	head, err := w.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	if head-c.upTo < int64(w.maxEvents) && !w.caution.careful() && !w.standing.awaited() {
		w.wait(ctx, gather, w.standing.kick)
		if head, err = w.store.Head(ctx); err != nil {
			return nil, err
		}
	}
	b := &batch{}
	for b.add(&w.projection, c, w.caution.limit) && b.upTo < head {
		if c, err = w.cursor.next(ctx); err != nil {
			return nil, err
		}
	}
	if b.upTo < c.upTo {
		w.cursor.seek(b.upTo)
	}
	return b, nil
}

// apply folds a batch and makes it durable, or prepares for another try. It
// returns an error only when nothing more can be done.
func (w *worker) apply(ctx context.Context, b *batch) error {
	w.standing.try()
	index, err := w.try(ctx, b)
	switch {
	case ctx.Err() != nil && err != nil:
		return ctx.Err()
	case errors.Is(err, db.ErrLost):
		return err
	case err != nil:
		w.fold = nil
		w.failed(ctx, b, index, err)
		return nil
	}
	w.standing.advance(b.upTo)
	w.caution.succeeded(b.upTo)
	if w.delay > 0 {
		w.log.Info("a read model is kept up to date again", "projection", w.Name())
		w.delay = 0
	}
	return nil
}

// try folds a batch and writes what has changed with the checkpoint. Where nothing
// was wanted, there is seldom need to write.
func (w *worker) try(ctx context.Context, b *batch) (index int, err error) {
	if len(b.events) == 0 && b.upTo-w.saved < saveEvery {
		return -1, nil
	}
	if w.fold == nil {
		w.fold = w.projection.Begin(w.db)
	}
	changes, index, err := b.fold(ctx, w.fold)
	if err != nil {
		return index, err
	}
	if err := w.checkpoints.save(ctx, &w.projection, changes, b.upTo); err != nil {
		return -1, err
	}
	w.saved = b.upTo
	return -1, nil
}

// failed goes back to the end of what is stored, and pauses if that may help. Who
// comes to wait does not wait for the whole of a long pause.
func (w *worker) failed(ctx context.Context, b *batch, index int, cause error) {
	applied, _ := w.standing.look()
	w.cursor.seek(applied)
	switch w.caution.failed(b, index) {
	case tryLess:
		return
	case tryLater:
		w.log.Error("a read model could not be updated and is tried again", "projection", w.Name(), "error", cause)
		w.delay = retryAfter
	case atFault:
		e := &b.events[0]
		f := &Fault{Projection: w.Name(), Position: e.Position, Type: e.Type, Stream: e.Stream, Unreadable: index >= 0, Cause: cause}
		if w.delay == retryAfter {
			w.log.Error("a read model has stopped", "projection", w.Name(), "position", f.Position, "error", f)
		}
		w.standing.stop(f)
		w.delay = min(2*w.delay, retryAtMost)
	}
	w.pause(ctx, retryAfter)
	w.wait(ctx, w.delay-retryAfter, w.standing.kick)
}
