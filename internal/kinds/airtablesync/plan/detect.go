package plan

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// maxChanges bounds the changes of one plan, and thereby the size of its table
// of contents. The next reading of the schemas finds the rest.
const maxChanges = 500

// DetectSchemaChanges compares a sync with the schemas of all its bases. It
// returns the plan, or every reason why there is none. As long as the plan has
// changes, they must be made and the schemas read again.
func DetectSchemaChanges(s Sync, schemas map[airtable.BaseID]*airtable.Base) (Plan, []Fault) {
	f := &findings{}
	pairs := mapPairs(s, schemas, f)
	resolveLinks(pairs, f)
	pairs = chooseSides(pairs)
	changes := bind(s, pairs, f)
	if len(pairs) == 0 && len(f.faults) == 0 {
		f.fault(Fault{Code: "nothing_to_sync", Pointer: pointer("source_bases")},
			"no source table has a target; list tables that exist, or add rules")
	}
	if len(f.faults) > 0 {
		return Plan{}, f.faults
	}
	plan := Plan{Changes: changes[:min(len(changes), maxChanges)], Warnings: f.warnings}
	for _, d := range pairs {
		if d.into != nil {
			pair := d.pair(s.ExternalIDField)
			pair.Inverse = d.inverse(pairs)
			plan.Pairs = append(plan.Pairs, pair)
		}
	}
	return plan, nil
}

// pair writes down what of a draft exists already.
func (d *pairDraft) pair(externalName string) Pair {
	pair := Pair{
		Source:     Side{Role: Source, Base: d.source.Base, Table: d.from.ID, Name: d.from.Name},
		Target:     Side{Role: Target, Base: d.target.Base, Table: d.into.ID, Name: d.into.Name},
		ExternalID: d.externalID, ExternalName: d.externalName,
		Skipped: d.skipped, Bound: d.remember(externalName),
	}
	for _, f := range d.fields {
		if f.into != nil {
			pair.Fields = append(pair.Fields, FieldPair{Source: f.from.ID, Target: *f.into, AsText: f.asText})
		}
	}
	for _, l := range d.links {
		if l.written && l.into != nil && l.to.into != nil {
			pair.Links = append(pair.Links, LinkPair{Source: l.from.ID, Target: l.into.ID, Name: l.from.Name, To: l.to.key(), Later: l.later})
		}
	}
	return pair
}

// inverse lists the source fields that show which rows link to a row: the other
// sides of all links that are written into the pair's table, mapped or not.
func (d *pairDraft) inverse(pairs []*pairDraft) []InverseLink {
	var links []InverseLink
	for _, other := range pairs {
		for _, l := range other.links {
			if _, shown := d.from.Field(string(l.options.InverseLinkFieldID)); l.written && l.to == d && other.into != nil && shown {
				links = append(links, InverseLink{Source: l.options.InverseLinkFieldID, To: other.key()})
			}
		}
	}
	return links
}

func (d *pairDraft) key() string {
	return pairKey(d.source.Base, d.from.ID, d.target.Base, d.into.ID)
}
