package projection

import (
	"context"
	"sort"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

const (
	// pageEvents is how many events are read from disk at once.
	pageEvents = 512
	// keptPages is how many pages are kept for readers that come after.
	keptPages = 64
)

// chunk is a stretch of the store: public events, and the position up to which
// there are no others.
type chunk struct {
	events []eventstore.Event
	upTo   int64
}

// pages reads the store from disk for all followers. One reads at a time, and
// those behind it find what it has read: when all projections are rebuilt, the
// store is read about once. It is safe for concurrent use.
type pages struct {
	store   eventstore.Store
	mu      sync.Mutex
	readers int
	kept    []page // the newest last
}

// enter counts a reader.
func (p *pages) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readers++
}

// leave forgets a reader, and with the last one what was kept.
func (p *pages) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readers--; p.readers == 0 {
		p.kept = nil
	}
}

// page holds every public event after one position up to another.
type page struct {
	after int64
	chunk
}

// after returns what follows a position that is below head.
func (p *pages) after(ctx context.Context, position, head int64) (chunk, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.kept {
		if k.after <= position && position < k.upTo {
			from := sort.Search(len(k.events), func(i int) bool { return k.events[i].Position > position })
			return chunk{k.events[from:], k.upTo}, nil
		}
	}
	events, err := p.store.ReadAll(ctx, position, pageEvents, eventstore.Filter{})
	if err != nil {
		return chunk{}, err
	}
	c := chunk{events, head}
	if n := len(events); n == pageEvents || n > 0 && events[n-1].Position > head {
		c.upTo = events[n-1].Position
	}
	p.keep(page{position, c})
	return c, nil
}

func (p *pages) keep(k page) {
	if len(p.kept) == keptPages {
		p.kept = append(p.kept[:0], p.kept[1:]...)
	}
	p.kept = append(p.kept, k)
}
