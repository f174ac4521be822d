package db

import (
	"context"
	"sync/atomic"
)

// job is one write on its way through the writer.
type job struct {
	write Write
	done  func(error)
	err   error
	state atomic.Int32
}

const (
	jobQueued int32 = iota
	jobBegun
	jobCancelled
)

// begin claims the job for the writer; false means that its caller has left.
func (j *job) begin() bool { return j.state.CompareAndSwap(jobQueued, jobBegun) }

// cancel withdraws the job; false means that it was begun.
func (j *job) cancel() bool { return j.state.CompareAndSwap(jobQueued, jobCancelled) }

func (j *job) finish() { j.done(j.err) }

// Submit is Write without waiting: done runs on the writer's goroutine after
// the commit or the failure; it must be quick and must not call Write. Writes
// are run in the order in which they were submitted.
func (d *DB) Submit(w Write, done func(error)) { d.writer.submit(&job{write: w, done: done}) }

// Write runs w in a transaction and returns after the durable commit. An error
// of w rolls back w alone and is returned as it is. If ctx ends before w was
// begun, w never runs and ctx's error is returned; later the end of ctx is
// ignored, so that the answer is the truth.
func (d *DB) Write(ctx context.Context, w Write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	answer := make(chan error, 1)
	j := &job{write: w, done: func(err error) { answer <- err }}
	d.writer.submit(j)
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		if j.cancel() {
			return ctx.Err()
		}
		return <-answer
	}
}
