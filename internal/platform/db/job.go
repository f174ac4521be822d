package db

import "sync/atomic"

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
