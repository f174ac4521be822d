package plan

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Listing is what the link map knows when a page of a target table is read.
type Listing struct {
	Name string // of this run's listing; never empty
	// Sources are the source rows of the page's rows, by target row, as far as
	// they are known.
	Sources map[airtable.RecordID]airtable.RecordID
	// Known is what is known of ClaimedSources.
	Known map[airtable.RecordID]Known
	// Linked are the source rows of LinkedTargets.
	Linked Counterparts
}

// Recognise finds out which rows of a target page belong to source rows of the
// pair: by their external ID or, where someone has cleared it, by the link map.
// If several rows carry one external ID, it keeps the one that the link map
// knows, else the first; the others are duplicates.
func Recognise(p Pair, rows []airtable.Record, l Listing) (listed []Listed, duplicates []airtable.RecordID) {
	taken := map[airtable.RecordID]int{}
	for _, row := range rows {
		entry := Listed{Source: claimedSource(p, row), Target: row.ID}
		if entry.Source != "" {
			entry.Hash, entry.Response = targetHashes(p, row, l.Linked)
		} else if entry.Source = l.Sources[row.ID]; entry.Source == "" {
			continue // not one of ours
		}
		if i, again := taken[entry.Source]; again {
			if l.Known[entry.Source].Target == row.ID {
				listed[i], entry = entry, listed[i]
			}
			duplicates = append(duplicates, entry.Target)
			continue
		}
		if k := l.Known[entry.Source]; k.Listed == l.Name && k.Target != row.ID {
			duplicates = append(duplicates, row.ID) // an earlier page had the row
			continue
		}
		taken[entry.Source] = len(listed)
		listed = append(listed, entry)
	}
	return listed, duplicates
}

// ClaimedSources lists the source rows that the external IDs of a target page
// name.
func ClaimedSources(p Pair, rows []airtable.Record) []airtable.RecordID {
	var sources []airtable.RecordID
	for _, row := range rows {
		if source := claimedSource(p, row); source != "" {
			sources = append(sources, source)
		}
	}
	return sources
}

// claimedSource reads the external ID of a target row. It returns "" if the
// row does not belong to the source base of the pair.
func claimedSource(p Pair, row airtable.Record) airtable.RecordID {
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

// LinkedTargets lists the target rows that a target page links to, by the key
// of their pair.
func LinkedTargets(p Pair, rows []airtable.Record) map[string][]airtable.RecordID {
	linked := map[string][]airtable.RecordID{}
	for _, l := range p.Links {
		for _, row := range rows {
			linked[l.To] = append(linked[l.To], airtable.Links(row.Fields[string(l.Target)])...)
		}
	}
	return each(linked)
}
