package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// listSteps find out what the target tables hold.
type listSteps struct{ tools }

// listRequest asks for one page of a target table.
type listRequest struct {
	Plan    kind.Ref          `json:"plan"`
	Pair    int               `json:"pair"`
	At      airtable.Position `json:"at"`
	Listing string            `json:"listing"`
}

// pageListed counts what a page of a target held.
type pageListed struct {
	Ours       int               `json:"ours,omitempty"`       // rows that belong to source rows
	Duplicates int               `json:"duplicates,omitempty"` // rows of one external ID beyond the first
	Next       airtable.Position `json:"next"`
	Expired    bool              `json:"expired,omitempty"` // start again from Next
}

// listTarget reads one page of a target table and notes in the link map which
// rows are there, with hashes of their cells. It drops the cells themselves.
func (s listSteps) listTarget(ctx context.Context, in listRequest) (pageListed, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return pageListed{}, err
	}
	page, next, err := s.airtable.page(ctx, pair.Target, in.At, nil, airtable.ReadOptions{Fields: pair.TargetFields()})
	if failure.CodeOf(err) == airtable.CodeOffsetExpired {
		return pageListed{Expired: true, Next: in.At.Restart()}, nil
	}
	if err != nil {
		return pageListed{}, s.airtable.explain(ctx, err, pair.Target)
	}
	listing, err := s.look(ctx, pair, page.Records, in.Listing)
	if err != nil {
		return pageListed{}, err
	}
	listed, duplicates := plan.Recognise(pair, page.Records, listing)
	if err := s.links.List(ctx, pair.Key(), in.Listing, listed); err != nil {
		return pageListed{}, err
	}
	result := pageListed{Ours: len(listed), Duplicates: len(duplicates), Next: next}
	return result, s.outcomes.Record(ctx, duplicated(pair, duplicates)...)
}

// look collects what the link map knows about a page.
func (s listSteps) look(ctx context.Context, pair plan.Pair, rows []airtable.Record, name string) (plan.Listing, error) {
	listing := plan.Listing{Name: name, Linked: plan.Counterparts{}}
	var err error
	if listing.Sources, err = s.links.Sources(ctx, scope(ctx, pair.Key()), idsOf(rows)); err != nil {
		return listing, err
	}
	if listing.Known, err = s.links.Known(ctx, scope(ctx, pair.Key()), plan.ClaimedSources(pair, rows)); err != nil {
		return listing, err
	}
	for to, targets := range plan.LinkedTargets(pair, rows) {
		if listing.Linked[to], err = s.links.Sources(ctx, scope(ctx, to), targets); err != nil {
			return listing, err
		}
	}
	return listing, nil
}
