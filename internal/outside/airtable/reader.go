package airtable

import (
	"cmp"
	"context"
	"time"
)

// DefaultOverlap is how far a mark is set back behind Airtable's clock.
const DefaultOverlap = time.Minute

// Reading says what a read of one table covers.
type Reading string

// The three readings.
const (
	ReadAll     Reading = "all"     // every record
	ReadChanged Reading = "changed" // created or changed after Since; deletes are invisible to it
	ReadIDs     Reading = "ids"     // every record's id, with one small field
)

// Position is where a read of one table stands. It is small plain data, so
// that each page can be a step of its own: a position goes in, a page and the
// next position come out.
type Position struct {
	Reading Reading   `json:"reading"`
	Since   time.Time `json:"since,omitzero"` // of ReadChanged
	Offset  string    `json:"offset,omitempty"`
	// Mark is where the next ReadChanged starts once this read has
	// completed: Airtable's clock at the first page, minus the overlap.
	Mark time.Time `json:"mark,omitzero"`
	Done bool      `json:"done,omitempty"`
}

// StartAll begins a read of every record.
func StartAll() Position { return Position{Reading: ReadAll} }

// StartChanged begins a read of what changed after since, a former Mark.
func StartChanged(since time.Time) Position { return Position{Reading: ReadChanged, Since: since} }

// StartIDs begins a sweep over all ids.
func StartIDs() Position { return Position{Reading: ReadIDs} }

// Restart returns the beginning of the same read, for an expired offset. The
// mark stays: an earlier one only repeats.
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
// The mark is taken from the first page: what changes while the read goes on
// is then read again next time, never missed. It never goes backwards past
// Since, and stays zero if Airtable sent no clock. An overlap of zero means
// DefaultOverlap.
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
	Fields   []string      // ids or names; for ReadIDs use SweepField
	Overlap  time.Duration // 0 means DefaultOverlap
}

// Lister is the part of a Client that a Reader uses.
type Lister interface {
	List(ctx context.Context, tok Token, base BaseID, table TableID, p ListParams) (*Page, error)
}

// Reader reads tables page by page. It holds no position and no state.
type Reader struct{ lister Lister }

// NewReader returns a reader over a client.
func NewReader(l Lister) *Reader { return &Reader{lister: l} }

// Read reads the page at p and returns it with the next position. Fields are
// keyed by field id. An expired offset is an error with CodeOffsetExpired:
// go on with p.Restart().
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

// SweepField returns the field whose cells cost least to read: what a sweep
// over ids asks for. It is "" for a table without fields.
func SweepField(t *Table) FieldID {
	var best FieldID
	cost := 1 << 30
	for _, f := range t.Fields {
		if c := readCost(f.Type); c < cost {
			best, cost = f.ID, c
		}
	}
	return best
}

// readCost is roughly how many bytes a cell of the type takes in an answer.
func readCost(t FieldType) int {
	switch t {
	case Checkbox:
		return 5 // mostly absent
	case Rating:
		return 6
	case Count, AutoNumber, Number, Percent, Currency, Duration:
		return 12
	case Date:
		return 14
	case DateTime, CreatedTime, LastModifiedTime:
		return 28
	case SingleSelect, PhoneNumber:
		return 30
	case SingleLineText, Email, Barcode:
		return 60
	case SingleCollaborator, CreatedBy, LastModifiedBy, MultipleSelects, URL:
		return 120
	}
	return 10_000 // links, long texts, attachments, computed and unknown types
}
