package airtable

import (
	"cmp"
	"context"
	"time"
)

// DefaultOverlap is how far a mark is set back from Airtable's clock.
const DefaultOverlap = time.Minute

// Reading says what a read of one table covers.
type Reading string

// The two readings.
const (
	ReadAll     Reading = "all"     // every record
	ReadChanged Reading = "changed" // every record that was created or changed after Since; it cannot see deletes
)

// Position is how far a read of one table has come. It is small and plain data,
// so that each page can be a step of its own: a position goes in, a page and the
// next position come out.
type Position struct {
	Reading Reading   `json:"reading"`
	Since   time.Time `json:"since,omitzero"` // for ReadChanged
	Offset  string    `json:"offset,omitempty"`
	// Mark is the Since of the next ReadChanged, once this read is complete:
	// Airtable's clock at the first page, minus the overlap.
	Mark time.Time `json:"mark,omitzero"`
	Done bool      `json:"done,omitempty"`
}

// StartAll begins a read of every record.
func StartAll() Position { return Position{Reading: ReadAll} }

// StartChanged begins a read of what has changed after since, an earlier Mark.
func StartChanged(since time.Time) Position { return Position{Reading: ReadChanged, Since: since} }

// Restart returns the beginning of the same read, for use after an expired
// offset. The mark stays: being early only repeats records.
func (p Position) Restart() Position {
	p.Offset, p.Done = "", false
	return p
}

// Params returns the list parameters of the position's next page.
func (p Position) Params(o ReadOptions) ListParams {
	l := ListParams{PageSize: o.PageSize, Offset: p.Offset, Fields: o.Fields, ReturnFieldsByFieldID: true}
	if p.Reading == ReadChanged {
		l.FilterByFormula = ChangedAfter(p.Since)
	}
	return l
}

// After returns the position that follows page.
//
// The mark comes from the first page, so that what changes during the read is
// read again next time and never missed. It is never before Since, and stays
// zero when Airtable sent no time. An overlap of zero means DefaultOverlap.
func (p Position) After(page *Page, overlap time.Duration) Position {
	if p.Offset == "" && p.Mark.IsZero() && !page.ServerDate.IsZero() {
		p.Mark = page.ServerDate.Add(-cmp.Or(overlap, DefaultOverlap))
		if p.Mark.Before(p.Since) {
			p.Mark = p.Since
		}
	}
	p.Offset, p.Done = page.Offset, page.Offset == ""
	return p
}

// ReadOptions shape the pages of a read.
type ReadOptions struct {
	PageSize int           // 0 means 100
	Fields   []string      // ids or names
	Overlap  time.Duration // 0 means DefaultOverlap
}

// Lister is the part of a Client that a Reader uses.
type Lister interface {
	List(ctx context.Context, tok Token, base BaseID, table TableID, p ListParams) (*Page, error)
}

// Reader reads tables page by page. It has no state: the position is the caller's.
type Reader struct{ lister Lister }

// NewReader returns a reader over a client.
func NewReader(l Lister) *Reader { return &Reader{lister: l} }

// Read reads the page at p and returns it with the next position. Cells are keyed
// by field id. An expired offset is an error with CodeOffsetExpired: go on with
// p.Restart().
func (r *Reader) Read(ctx context.Context, tok Token, base BaseID, table TableID, p Position, o ReadOptions) (*Page, Position, error) {
	if p.Done {
		return &Page{}, p, nil
	}
	page, err := r.lister.List(ctx, tok, base, table, p.Params(o))
	if err != nil {
		return nil, p, err
	}
	return page, p.After(page, o.Overlap), nil
}
