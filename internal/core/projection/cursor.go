package projection

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// farBehind is how many events a follower may fall behind before it reads pages
// from disk. Nearer than that the store has them in memory, most likely.
const farBehind = 8192

// cursor walks through the store. It belongs to one goroutine.
type cursor struct {
	store    eventstore.Store
	pages    *pages
	position int64 // everything up to here was returned
	near     bool  // it once was less than a page behind, and never far since
	paging   bool  // it is one of the readers of pages
	live     *eventstore.Subscription
}

// next waits for what follows and returns it. It may hold private events.
func (c *cursor) next(ctx context.Context) (chunk, error) {
	head, err := c.store.Head(ctx)
	if err != nil {
		return chunk{}, err
	}
	c.near = head-c.position < pageEvents || c.near && head-c.position < farBehind
	var found chunk
	if c.near {
		found, err = c.follow(ctx)
	} else {
		found, err = c.page(ctx, head)
	}
	if err == nil {
		c.position = found.upTo
	}
	return found, err
}

func (c *cursor) follow(ctx context.Context) (chunk, error) {
	if c.live == nil {
		c.close()
		c.live = c.store.Subscribe(c.position, eventstore.Filter{Private: true})
	}
	events, err := c.live.Next(ctx)
	if err != nil {
		return chunk{}, err
	}
	return chunk{events, events[len(events)-1].Position}, nil
}

func (c *cursor) page(ctx context.Context, head int64) (chunk, error) {
	if !c.paging {
		c.close()
		c.pages.enter()
		c.paging = true
	}
	return c.pages.after(ctx, c.position, head)
}

// seek continues after a position.
func (c *cursor) seek(position int64) {
	c.close()
	c.position = position
}

// close lets go of what the cursor reads from. It may be used again.
func (c *cursor) close() {
	if c.paging {
		c.pages.leave()
		c.paging = false
	}
	if c.live != nil {
		c.live.Close()
		c.live = nil
	}
}
