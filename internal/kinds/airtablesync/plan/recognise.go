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
		entry, ours := l.read(p, row)
		if !ours {
			continue
		}
		if i, again := taken[entry.Source]; again {
			if l.prefers(entry, listed[i]) {
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

// prefers reports whether, of two rows of one external ID, the second one is ours:
// the link map knows it, or only it has the ID exactly.
func (l Listing) prefers(second, first Listed) bool {
	switch l.Known[first.Source].Target {
	case second.Target:
		return true
	case first.Target:
		return false
	}
	return first.Seen == nil && second.Seen != nil
}

// read returns what is to be noted of a target row; false if it is not one of ours.
func (l Listing) read(p Pair, row airtable.Record) (Listed, bool) {
	source, exact := claimedSource(p, row)
	entry := Listed{Source: source, Target: row.ID}
	if source == "" {
		entry.Source = l.Sources[row.ID]
		return entry, entry.Source != ""
	}
	if !exact {
		return entry, true
	}
	in := func(form airtable.Form) hashed { return targetHashes(p, row, l.Linked, form) }
	entry.Seen = in(airtable.CurrentForm).pack()
	if right := l.Known[entry.Source].Right.unpack(); right.known() && right.form != airtable.CurrentForm {
		entry.Right = right.inCurrentForm(in).pack()
	}
	return entry, true
}

// ClaimedSources lists the source rows that the external IDs of a target page
// name.
func ClaimedSources(p Pair, rows []airtable.Record) []airtable.RecordID {
	var sources []airtable.RecordID
	for _, row := range rows {
		if source, _ := claimedSource(p, row); source != "" {
			sources = append(sources, source)
		}
	}
	return sources
}

// claimedSource reads the external ID of a target row. It returns "" if the row
// does not belong to the source base of the pair. What people have typed behind
// the ID does not make another row of it: it is not exact, and an upsert would not
// find the row.
func claimedSource(p Pair, row airtable.Record) (source airtable.RecordID, exact bool) {
	var text string
	if json.Unmarshal(row.Fields[string(p.ExternalID)], &text) != nil {
		return "", false
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), string(p.Source.Base)+"/")
	if !ok || !strings.HasPrefix(rest, "rec") {
		return "", false
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return !isIDRune(r) })
	if end < 0 {
		end = len(rest)
	}
	source = airtable.RecordID(rest[:min(end, recordIDLength)])
	return source, text == p.ExternalIDOf(source)
}

// recordIDLength is that of every record ID.
const recordIDLength = 17

func isIDRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
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
