package projection

// caution decides how much of what follows is tried at once. After a failure it
// goes on in ever smaller batches, so that everything before the event at fault is
// stored and that event is known. With every success it tries more again.
type caution struct {
	most  int   // events of a batch
	limit int   // of the next one
	until int64 // the last event of what has failed; zero: nothing has
	alone int64 // event that has failed by itself; zero: none has
}

// An event is at fault once it has failed by itself twice, with a pause between.
type verdict int

const (
	tryLess  verdict = iota // again at once, with fewer events
	tryLater                // again after a pause
	atFault                 // the first event of the batch is what fails
)

func newCaution(most int) caution { return caution{most: most, limit: most} }

// failed takes in that a batch has failed. index is the place of the event that
// could not be folded, or -1 if the write failed.
func (c *caution) failed(b *batch, index int) verdict {
	switch n := len(b.events); {
	case n == 0:
		return tryLater
	case index > 0:
		c.limit, c.until = index, b.events[index].Position
		return tryLess
	case index < 0 && n > 1:
		c.limit, c.until = n/2, b.upTo
		return tryLess
	}
	first := b.events[0].Position
	if c.alone == first {
		return atFault
	}
	c.limit, c.until, c.alone = 1, max(c.until, first), first
	return tryLater
}

// succeeded takes in that everything up to a position is stored.
func (c *caution) succeeded(upTo int64) {
	c.limit = min(2*c.limit, c.most)
	if upTo >= c.until {
		*c = newCaution(c.most)
	}
}

// careful reports whether what follows has failed before.
func (c *caution) careful() bool { return c.until > 0 }
