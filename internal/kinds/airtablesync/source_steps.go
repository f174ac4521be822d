package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// sourceSteps read source tables and find out which rows differ.
type sourceSteps struct{ *Kind }

// fetchPage reads one page of a source table into a blob.
func (s *sourceSteps) fetchPage(ctx context.Context, in pageRequest) (pageFetched, error) {
	pair, err := s.pair(ctx, in.Plan, in.Pair)
	if err != nil {
		return pageFetched{}, err
	}
	page, next, err := s.readPage(ctx, pair.Source, in.At, in.IDs, airtable.ReadOptions{PageSize: in.PageSize, Fields: pair.SourceFields()})
	if failure.CodeOf(err) == airtable.CodeOffsetExpired {
		return pageFetched{Expired: true, Next: in.At.Restart()}, nil
	}
	if err != nil {
		return pageFetched{}, s.explain(ctx, err, pair.Source)
	}
	ref, err := putRows(ctx, s.Kind, page.Records)
	return pageFetched{Page: ref, Rows: len(page.Records), Next: next}, err
}

// readPage makes the one call for a page.
func (k *Kind) readPage(ctx context.Context, side Side, at airtable.Position, ids []airtable.RecordID, o airtable.ReadOptions) (*airtable.Page, airtable.Position, error) {
	tok, err := k.token(ctx, side.APIKey)
	if err != nil {
		return nil, at, err
	}
	if len(ids) == 0 {
		return airtable.NewReader(k.options.Airtable).Read(ctx, tok, side.Base, side.Table, at, o)
	}
	params := at.Params(o)
	params.FilterByFormula = airtable.AnyRecord(ids)
	page, err := k.options.Airtable.List(ctx, tok, side.Base, side.Table, params)
	if err != nil {
		return nil, at, err
	}
	return page, at.After(page, o.Overlap), nil
}

// comparePage finds the rows of a page that must be written and puts them into
// a blob. It notes every row of the page in the link map: the sweep has seen
// it, and if it is new the intention to write it is durable before the write.
func (s *sourceSteps) comparePage(ctx context.Context, in compareRequest) (pageCompared, error) {
	pair, err := s.pair(ctx, in.Plan, in.Pair)
	if err != nil {
		return pageCompared{}, err
	}
	rows, err := getRows[airtable.Record](ctx, s.Kind, in.Page, 0, in.Rows)
	if err != nil {
		return pageCompared{}, err
	}
	ids := make([]airtable.RecordID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	known, err := s.links.Known(ctx, scope(ctx, pair), ids)
	if err != nil {
		return pageCompared{}, err
	}
	changes, compared := pair.compare(rows, known, in.Sweep, in.Listing)
	if err := engine.Attach(ctx, s.links.Sweep(scope(ctx, pair), in.Sweep, ids)); err != nil {
		return pageCompared{}, err
	}
	if len(changes) > 0 {
		compared.Changes, err = putRows(ctx, s.Kind, changes)
	}
	return compared, err
}

// compare returns the rows of a page that must be written. A row that the
// sweep has met before (edits can move rows between pages) counts once.
func (p Pair) compare(rows []airtable.Record, known map[airtable.RecordID]linkmap.Known, sweep, listing string) ([]RowChange, pageCompared) {
	var changes []RowChange
	var result pageCompared
	met := map[airtable.RecordID]bool{}
	for _, row := range rows {
		k, noted := known[row.ID]
		if k.Swept == sweep || met[row.ID] {
			continue
		}
		met[row.ID] = true
		result.SkippedLinks += p.skippedLinks(row)
		change := p.desired(row)
		if !mustWrite(change, k, listing) {
			result.Unchanged++
			continue
		}
		absent := listing != "" && k.Listed != listing
		change.New, change.Blank = k.Target == "" || absent, !noted || absent
		if !absent {
			change.Target = k.Target
		}
		change.KeepFiles = keepsFiles(change, k, listing)
		changes = append(changes, change)
	}
	result.Count = len(changes)
	return changes, result
}
