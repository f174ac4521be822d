package projection

import (
	"context"
	"sync"
)

// rebuilds are the wishes to begin a projection anew. The zero value has none.
type rebuilds struct {
	mu    sync.Mutex
	asked []chan error
	wake  context.CancelFunc // ends what the follower is at
	ended bool
}

// ask asks for a rebuild. The channel gets the outcome of emptying the tables.
func (r *rebuilds) ask() <-chan error {
	outcome := make(chan error, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		outcome <- ErrStopped
		return outcome
	}
	r.asked = append(r.asked, outcome)
	if r.wake != nil {
		r.wake()
	}
	return outcome
}

// take returns who has asked. wake is called when another one does.
func (r *rebuilds) take(wake context.CancelFunc) []chan error {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked, r.wake = nil, wake
	return asked
}

// end refuses those who have asked and those who will.
func (r *rebuilds) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	for _, outcome := range r.asked {
		outcome <- ErrStopped
	}
	r.asked = nil
}
