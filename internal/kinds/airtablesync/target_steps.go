package airtablesync

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// targetSteps list, write and delete target rows.
type targetSteps struct{ *Kind }

// listTarget reads one page of a target table and notes in the link map which
// rows are there, with hashes of their cells; the cells themselves are dropped.
func (s *targetSteps) listTarget(ctx context.Context, in listRequest) (listPage, error) {
	pair, err := s.pair(ctx, in.Plan, in.Pair)
	if err != nil {
		return listPage{}, err
	}
	page, next, err := s.readPage(ctx, pair.Target, in.At, nil, airtable.ReadOptions{Fields: pair.TargetFields()})
	if failure.CodeOf(err) == airtable.CodeOffsetExpired {
		return listPage{Expired: true, Next: in.At.Restart()}, nil
	}
	if err != nil {
		return listPage{}, s.explain(ctx, err, pair.Target)
	}
	listed, doubled, err := s.recognise(ctx, pair, page.Records, in.Listing)
	if err != nil {
		return listPage{}, err
	}
	result := listPage{Rows: len(page.Records), Doubled: doubled, Next: next}
	return result, engine.Attach(ctx, s.links.List(scope(ctx, pair), in.Listing, listed))
}

// recognise finds out which target rows belong to source rows of the pair: by
// their external id, or by the link map where somebody cleared it.
func (s *targetSteps) recognise(ctx context.Context, pair Pair, rows []airtable.Record, listing string) ([]linkmap.Listed, int, error) {
	ids := make([]airtable.RecordID, len(rows))
	var claimed []airtable.RecordID
	for i, row := range rows {
		ids[i] = row.ID
		if source := pair.sourceOf(row); source != "" {
			claimed = append(claimed, source)
		}
	}
	byTarget, err := s.links.Sources(ctx, scope(ctx, pair), ids)
	if err != nil {
		return nil, 0, err
	}
	known, err := s.links.Known(ctx, scope(ctx, pair), claimed)
	if err != nil {
		return nil, 0, err
	}
	linked, err := s.linkedSources(ctx, pair, rows)
	if err != nil {
		return nil, 0, err
	}
	listed, doubled := pair.recogniseRows(rows, byTarget, known, listing, func(l LinkPair, id airtable.RecordID) airtable.RecordID {
		return linked[l.To][id]
	})
	return listed, doubled, nil
}

// linkedSources finds the source rows of all rows that a page links to.
func (s *targetSteps) linkedSources(ctx context.Context, pair Pair, rows []airtable.Record) (Targets, error) {
	found := Targets{}
	for _, l := range pair.Links {
		var ids []airtable.RecordID
		for _, row := range rows {
			ids = append(ids, airtable.Links(row.Fields[string(l.Target)])...)
		}
		sources, err := s.links.Sources(ctx, scopeOf(ctx, l.To), ids)
		if err != nil {
			return nil, err
		}
		if found[l.To] == nil {
			found[l.To] = map[airtable.RecordID]airtable.RecordID{}
		}
		for target, source := range sources {
			found[l.To][target] = source
		}
	}
	return found, nil
}

// sourceOf reads the external id of a target row; "" if it is none of this
// pair's source base.
func (p Pair) sourceOf(row airtable.Record) airtable.RecordID {
	var text string
	if json.Unmarshal(row.Fields[string(p.ExternalID)], &text) != nil {
		return ""
	}
	id, ok := strings.CutPrefix(text, string(p.Source.Base)+"/")
	if !ok || !strings.HasPrefix(id, "rec") {
		return ""
	}
	return airtable.RecordID(id)
}

// recogniseRows is the decision of recognise. A second row of one external id
// counts as doubled; the one that the link map knows is kept.
func (p Pair) recogniseRows(rows []airtable.Record, byTarget map[airtable.RecordID]airtable.RecordID,
	known map[airtable.RecordID]linkmap.Known, listing string, toSource func(LinkPair, airtable.RecordID) airtable.RecordID) (listed []linkmap.Listed, doubled int) {
	taken := map[airtable.RecordID]int{}
	for _, row := range rows {
		source := p.sourceOf(row)
		hash, answer := p.targetHashes(row, toSource)
		if source == "" {
			if source = byTarget[row.ID]; source == "" {
				continue // none of ours
			}
			hash, answer = "", "" // its external id must be written again
		}
		entry := linkmap.Listed{Source: source, Target: row.ID, Hash: hash, Answer: answer}
		if i, again := taken[source]; again {
			doubled++
			if known[source].Target == row.ID {
				listed[i] = entry
			}
			continue
		}
		if k := known[source]; k.Listed == listing && k.Target != row.ID {
			doubled++
			continue // met on an earlier page
		}
		taken[source] = len(listed)
		listed = append(listed, entry)
	}
	return listed, doubled
}
