package app

import (
	"context"
	"errors"
)

// actor is a part of the system that runs until it is told to stop.
type actor struct {
	cancel context.CancelFunc
	done   chan error
}

// start runs a part in the background. If it ends on its own, the system stops.
func (sys *system) start(run func(context.Context) error) *actor {
	ctx, cancel := context.WithCancel(context.Background())
	a := &actor{cancel: cancel, done: make(chan error, 1)}
	sys.workers.Go(func() {
		err := run(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("a part of the server ended unexpectedly")
			}
			sys.fail(err)
			a.done <- nil // reported already
			return
		}
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		a.done <- err
	})
	return a
}

// stop tells the part to end and waits for it.
func (a *actor) stop() error {
	a.cancel()
	return <-a.done
}

// fail reports the failure of a part. The first one is what run returns.
func (sys *system) fail(err error) {
	select {
	case sys.failed <- err:
	default:
	}
}
