package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// maxGroup bounds the writes of one transaction, so that the first of them does
// not wait for a whole backlog.
const maxGroup = 1024

// writer runs all writes of the process on one session, many per commit.
type writer struct {
	session  session
	epoch    int64
	idlePing time.Duration // zero: the session cannot be lost while idle

	mu     sync.Mutex
	queue  []*job
	spare  []*job // the slice of the last group, for reuse
	closed bool
	wake   chan struct{} // capacity 1: something was queued or closed

	lost   chan struct{}
	cause  error // why lost was closed; read after it is
	exited chan struct{}
}

func newWriter(s session, epoch int64, idlePing time.Duration) *writer {
	w := &writer{session: s, epoch: epoch, idlePing: idlePing,
		wake: make(chan struct{}, 1), lost: make(chan struct{}), exited: make(chan struct{})}
	go w.run()
	return w
}

// submit queues a job; it never blocks.
func (w *writer) submit(j *job) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		j.done(ErrClosed)
		return
	}
	w.queue = append(w.queue, j)
	first := len(w.queue) == 1
	w.mu.Unlock()
	if first {
		w.signal()
	}
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close lets the queued jobs finish and waits for the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	<-w.exited
}

// run is the writer's goroutine; newWriter starts it, close waits for it.
func (w *writer) run() {
	defer close(w.exited)
	for {
		jobs, open := w.take()
		if len(jobs) > 0 {
			w.group(jobs)
			continue
		}
		if !open {
			return
		}
		w.wait()
	}
}

// take returns the next group. It lets the callers that the last commit has
// woken queue their next write first: otherwise the quickest of them would
// commit alone and all others wait for a second fsync.
func (w *writer) take() (jobs []*job, open bool) {
	w.settle()
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), maxGroup)
	jobs = append(w.spare[:0], w.queue[:n]...)
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	w.spare = jobs
	return jobs, !w.closed
}

func (w *writer) settle() {
	seen := -1
	for range 4 {
		w.mu.Lock()
		n := len(w.queue)
		w.mu.Unlock()
		if n == seen {
			return
		}
		seen = n
		runtime.Gosched()
	}
}

// wait blocks until something was queued, and looks after the session meanwhile.
func (w *writer) wait() {
	if w.idlePing == 0 {
		<-w.wake
		return
	}
	t := time.NewTimer(w.idlePing)
	defer t.Stop()
	select {
	case <-w.wake:
	case <-t.C:
		w.checkSession()
	}
}

// checkSession finds out on an idle connection that it was cut.
func (w *writer) checkSession() {
	if w.gone() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.idlePing)
	defer cancel()
	if err := w.session.ping(ctx); err != nil {
		w.lose(fmt.Errorf("the connection that holds the store was cut: %w", err))
	}
}

func (w *writer) gone() bool {
	select {
	case <-w.lost:
		return true
	default:
		return false
	}
}

// lose closes Lost; only the writer's goroutine calls it.
func (w *writer) lose(cause error) {
	if w.gone() {
		return
	}
	w.cause = cause
	close(w.lost)
}

// lostError is what a write gets whose outcome is unknown, or that came after.
func (w *writer) lostError() error {
	return failure.Wrap(fmt.Errorf("%w: %w", ErrLost, w.cause), failure.UnknownOutcome, "store_lost",
		"this process no longer owns its store (%v); restart it, it will read from the store what was written", w.cause)
}

// group runs jobs in one transaction and tells each its outcome.
func (w *writer) group(jobs []*job) {
	jobs = w.begun(jobs)
	if len(jobs) == 0 {
		return
	}
	err := w.transact(jobs)
	for _, j := range jobs {
		if err != nil && (j.err == nil || errors.Is(err, ErrLost)) {
			j.err = err
		}
		j.finish()
	}
}

// begun drops the jobs whose callers have gone away.
func (w *writer) begun(jobs []*job) []*job {
	kept := jobs[:0]
	for _, j := range jobs {
		if j.begin() {
			kept = append(kept, j)
		}
	}
	return kept
}

// transact returns the error of the transaction as a whole; what concerns one
// job alone is in that job.
func (w *writer) transact(jobs []*job) error {
	if w.gone() {
		return w.lostError()
	}
	ctx := context.Background()
	if err := w.session.begin(ctx, w.epoch); err != nil {
		return w.fail(ctx, fmt.Errorf("begin a transaction: %w", err))
	}
	for _, j := range jobs {
		if err := w.runJob(ctx, j, len(jobs) == 1); err != nil {
			return w.fail(ctx, err)
		}
	}
	if len(jobs) == 1 && jobs[0].err != nil {
		if err := w.session.rollback(ctx); err != nil {
			return w.fail(ctx, err)
		}
		return nil
	}
	if err := w.session.commit(ctx); err != nil {
		return w.fail(ctx, err)
	}
	return nil
}

// runJob runs one write. A lone one needs no savepoint. The error returned is
// that of a transaction which cannot go on.
func (w *writer) runJob(ctx context.Context, j *job, alone bool) error {
	if alone {
		j.err = protect(ctx, w.session, j.write)
	} else {
		j.err = w.session.Nested(ctx, j.write)
	}
	if j.err == nil {
		return nil
	}
	if errors.Is(j.err, ErrRolledBack) || errors.Is(j.err, ErrLost) || w.session.judge(j.err) != failed {
		err := j.err
		j.err = nil // it shares the outcome of the transaction
		return err
	}
	return nil
}

// fail ends a transaction that cannot go on and returns what its callers get.
func (w *writer) fail(ctx context.Context, err error) error {
	v := w.session.judge(err)
	if errors.Is(err, ErrLost) {
		v = lost
	}
	if v != lost {
		if back := w.session.rollback(ctx); back != nil {
			err, v = fmt.Errorf("%w; then: %w", err, back), lost
		}
	}
	switch v {
	case lost:
		w.lose(err)
		return w.lostError()
	case full:
		return failure.Wrap(fmt.Errorf("%w: %w", ErrFull, err), failure.Fatal, "disk_full",
			"the store has no space left (%v); nothing was written, free some space and try again", err)
	}
	return err
}
