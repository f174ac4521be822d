package plan

import (
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// A link between two tables shows as a field in both of them. Airtable fills in
// one side when the other is written, so a sync writes only one of them.

// resolveLinks finds the pair that holds the linked rows of every link field
// and, where the other side is synced too, the partner. Links that lead out of
// the sync are set aside.
func resolveLinks(pairs []*pairDraft, f *findings) {
	for _, d := range pairs {
		kept := d.links[:0]
		for _, l := range d.links {
			l.find(d, f)
			if l.to = linkedPair(pairs, d, l); l.to == nil {
				d.skipped = append(d.skipped, SkippedLink{Source: l.from.ID, Name: l.from.Name})
				f.warn("links_skipped", d, l.from.Name, "it links to a table that is not part of the sync; add that table to sync the links")
				continue
			}
			kept = append(kept, l)
		}
		d.links = kept
	}
	for _, d := range pairs {
		for _, l := range d.links {
			l.partner = partnerOf(d, l)
		}
	}
}

// linkedPair returns the pair between the same two bases whose source table the
// link leads to. Of several, it prefers the one that the existing target field
// leads to.
func linkedPair(pairs []*pairDraft, d *pairDraft, l *linkDraft) *pairDraft {
	var first *pairDraft
	for _, other := range pairs {
		if !d.sameBases(other) || other.from.ID != l.options.LinkedTableID {
			continue
		}
		if first == nil {
			first = other
		}
		if l.into != nil && other.into != nil {
			if o, ok := l.into.Link(); ok && o.LinkedTableID == other.into.ID {
				return other
			}
		}
	}
	return first
}

func (d *pairDraft) sameBases(other *pairDraft) bool {
	return d.source.Base == other.source.Base && d.target.Base == other.target.Base
}

// partnerOf returns the same link as the other table shows it. It returns nil
// if that field is not synced, or if the target has two separate links there.
func partnerOf(d *pairDraft, l *linkDraft) *linkDraft {
	for _, m := range l.to.links {
		if m == l || m.to != d || l.options.InverseLinkFieldID != m.from.ID {
			continue
		}
		if l.into != nil && m.into != nil && !inverse(l.into, m.into) {
			return nil
		}
		return m
	}
	return nil
}

// inverse reports whether two link fields are the two sides of one link.
func inverse(a, b *airtable.Field) bool {
	linkA, okA := a.Link()
	linkB, okB := b.Link()
	return okA && okB && (linkA.InverseLinkFieldID == b.ID || linkB.InverseLinkFieldID == a.ID)
}

// chooseSides puts the pairs into writing order and decides which side of each
// link is written, and whether in a second pass.
func chooseSides(pairs []*pairDraft) []*pairDraft {
	given := indexOf(pairs)
	var hard, soft []dependency
	for i, d := range pairs {
		for _, l := range d.links {
			on := dependency{Of: i, On: given[l.to]}
			switch {
			case l.partner == nil:
				hard = append(hard, on)
			case prefers(d, l, given):
				soft = append(soft, on)
			}
		}
	}
	ordered := make([]*pairDraft, 0, len(pairs))
	for _, i := range orderTables(len(pairs), hard, soft) {
		ordered = append(ordered, pairs[i])
	}
	place := indexOf(ordered)
	for _, d := range pairs {
		for _, l := range d.links {
			l.written = l.partner == nil || place[d] > place[l.to] || d == l.to && prefers(d, l, given)
			l.later = place[l.to] >= place[d]
		}
	}
	return ordered
}

func indexOf(pairs []*pairDraft) map[*pairDraft]int {
	index := map[*pairDraft]int{}
	for i, d := range pairs {
		index[d] = i
	}
	return index
}

// prefers reports whether side l of a link, in pair d, is the better one to
// write than its partner: the side that was written before, else the side that
// Airtable does not call reversed, else the side that holds one record, else the
// side that a person has named (Airtable names an inverse field after the table),
// else the later one in the order of the source. The order of the records within a
// cell is kept only on the side that is written.
func prefers(d *pairDraft, l *linkDraft, given map[*pairDraft]int) bool {
	m := l.partner
	was, wasOther := d.bound.writes(l.from.ID), l.to.bound.writes(m.from.ID)
	switch {
	case was != wasOther:
		return was
	case l.options.IsReversed != m.options.IsReversed:
		return !l.options.IsReversed
	case l.options.PrefersSingleRecordLink != m.options.PrefersSingleRecordLink:
		return l.options.PrefersSingleRecordLink
	case l.namedByPerson() != m.namedByPerson():
		return l.namedByPerson()
	case d != l.to:
		return given[d] > given[l.to]
	}
	return d.fieldIndex(l.from) < d.fieldIndex(m.from)
}

// namedByPerson reports whether the field has another name than Airtable gives
// to an inverse field.
func (l *linkDraft) namedByPerson() bool { return !strings.HasPrefix(l.from.Name, l.to.from.Name) }
