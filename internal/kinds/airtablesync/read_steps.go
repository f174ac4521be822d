package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// readSteps read source tables and find out which rows differ.
type readSteps struct{ tools }

// pageRequest asks for one page of a source table.
type pageRequest struct {
	Plan     kind.Ref          `json:"plan"`
	Pair     int               `json:"pair"`
	At       airtable.Position `json:"at"`
	PageSize int               `json:"page_size"`
	// IDs asks for these rows instead, as far as they still exist.
	IDs []airtable.RecordID `json:"ids,omitempty"`
}

// pageFetched refers to the rows of a page.
type pageFetched struct {
	Page    kind.Ref          `json:"page,omitzero"`
	Rows    int               `json:"rows,omitempty"`
	Next    airtable.Position `json:"next"`
	Expired bool              `json:"expired,omitempty"` // start again from Next
}

// fetchPage reads one page of a source table into a blob. Repeating it reads
// the page again.
func (s readSteps) fetchPage(ctx context.Context, in pageRequest) (pageFetched, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return pageFetched{}, err
	}
	page, next, err := s.airtable.page(ctx, pair.Source, in.At, in.IDs, airtable.ReadOptions{PageSize: in.PageSize, Fields: pair.SourceFields()})
	if failure.CodeOf(err) == airtable.CodeOffsetExpired {
		return pageFetched{Expired: true, Next: in.At.Restart()}, nil
	}
	if err != nil {
		return pageFetched{}, s.airtable.explain(ctx, err, pair.Source)
	}
	ref, err := kind.PutRows(ctx, s.blobs, page.Records)
	return pageFetched{Page: ref, Rows: len(page.Records), Next: next}, err
}

// compareRequest asks which rows of a page must be written.
type compareRequest struct {
	Plan    kind.Ref `json:"plan"`
	Pair    int      `json:"pair"`
	Page    kind.Ref `json:"page"`
	Rows    int      `json:"rows"`
	Sweep   string   `json:"sweep"`
	Listing string   `json:"listing,omitempty"`
}

// pageCompared refers to the rows to be written.
type pageCompared struct {
	Changes      kind.Ref `json:"changes,omitzero"` // of plan.RowChange
	Count        int      `json:"count,omitempty"`
	Unchanged    int      `json:"unchanged,omitempty"`
	Listed       int      `json:"listed,omitempty"` // of the rows, those that the target has
	SkippedLinks int      `json:"skipped_links,omitempty"`
}

// comparePage finds the rows of a page that must be written and puts them into
// a blob. It notes every row of the page in the link map: the sweep has seen
// it, and if it is new, the intention to write it is durable before the write.
func (s readSteps) comparePage(ctx context.Context, in compareRequest) (pageCompared, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return pageCompared{}, err
	}
	rows, err := kind.Rows[airtable.Record](ctx, s.blobs, in.Page, 0, in.Rows)
	if err != nil {
		return pageCompared{}, err
	}
	known, err := s.links.Known(ctx, scope(ctx, pair.Key()), idsOf(rows))
	if err != nil {
		return pageCompared{}, err
	}
	found := plan.Compare(pair, rows, known, in.Sweep, in.Listing)
	if err := s.links.Sweep(ctx, pair.Key(), in.Sweep, found.Swept); err != nil {
		return pageCompared{}, err
	}
	if err := s.outcomes.Record(ctx, reduced(pair, found.Losses)...); err != nil {
		return pageCompared{}, err
	}
	result := pageCompared{Count: len(found.Changes), Unchanged: found.Unchanged, Listed: found.Listed, SkippedLinks: found.SkippedLinks}
	if result.Count > 0 {
		result.Changes, err = kind.PutRows(ctx, s.blobs, found.Changes)
	}
	return result, err
}

func idsOf(rows []airtable.Record) []airtable.RecordID {
	ids := make([]airtable.RecordID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}
