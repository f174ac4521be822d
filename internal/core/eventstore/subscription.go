package eventstore

import "context"

// Subscription follows the store from a position. It belongs to one goroutine,
// but Close may be called from any.
type Subscription struct{}

// Next waits for events after the last ones and returns them in order of
// position, at least one. It returns ctx's error when ctx ends, and ErrClosed
// once the subscription or the store was closed. Read-only: events are shared.
func (s *Subscription) Next(ctx context.Context) ([]Event, error) { panic("eventstore: skeleton") }

// Close ends the subscription; a waiting Next returns ErrClosed.
func (s *Subscription) Close() { panic("eventstore: skeleton") }
