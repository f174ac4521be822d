package airtablesync

import (
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// resolveLinks finds for every link field the pair that holds the linked rows
// and, where the inverse field is synced too, its partner. Links that lead out
// of the sync are set aside.
func (p *planner) resolveLinks() {
	for _, d := range p.pairs {
		kept := d.links[:0]
		for _, l := range d.links {
			l.into = findField(d.into, l.name)
			if l.to = p.linkedPair(d, l); l.to == nil {
				d.skipped = append(d.skipped, SkippedLink{Source: l.from.ID, Name: l.from.Name})
				p.warn("links_skipped", d.from.Name, l.from.Name, "it links to a table that is not part of the sync; add that table to sync the links")
				continue
			}
			kept = append(kept, l)
		}
		d.links = kept
	}
	for _, d := range p.pairs {
		for _, l := range d.links {
			l.partner = p.partnerOf(d, l)
		}
	}
}

// linkedPair returns the pair between the same two bases whose source table the
// link leads to; of several the one that the existing target field leads to.
func (p *planner) linkedPair(d *pairDraft, l *linkDraft) *pairDraft {
	var first *pairDraft
	for _, other := range p.pairs {
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
	return d.source.BaseID == other.source.BaseID && d.target.BaseID == other.target.BaseID
}

// partnerOf returns the same link as the other table shows it. There is none
// if that field is not synced, or if the target has two separate links there.
func (p *planner) partnerOf(d *pairDraft, l *linkDraft) *linkDraft {
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
	ao, aok := a.Link()
	bo, bok := b.Link()
	return aok && bok && (ao.InverseLinkFieldID == b.ID || bo.InverseLinkFieldID == a.ID)
}

// orderPairs puts the pairs into the order in which they are written and
// decides for each link which side of it is written, and whether in a second
// pass.
func (p *planner) orderPairs() {
	index := map[*pairDraft]int{}
	for i, d := range p.pairs {
		index[d] = i
	}
	var hard, soft []dependency
	for i, d := range p.pairs {
		for _, l := range d.links {
			on := dependency{Of: i, On: index[l.to]}
			switch {
			case l.partner == nil:
				hard = append(hard, on)
			case prefers(i, l, index[l.to]):
				soft = append(soft, on)
			}
		}
	}
	place := make([]int, len(p.pairs))
	ordered := make([]*pairDraft, 0, len(p.pairs))
	for at, i := range orderTables(len(p.pairs), hard, soft) {
		place[i] = at
		ordered = append(ordered, p.pairs[i])
	}
	for i, d := range p.pairs {
		for _, l := range d.links {
			to := index[l.to]
			l.written = l.partner == nil || place[i] > place[to] || i == to && prefers(i, l, to)
			l.later = place[to] >= place[i]
		}
	}
	p.pairs = ordered
}

// prefers reports whether side l of a link is better written than its partner:
// the side that Airtable does not call reversed, else the side that holds one
// record, else the side that somebody named (Airtable names an inverse field
// after the table), else the later one in the source's order. The order of the
// records within a cell is kept on the side that is written.
func prefers(i int, l *linkDraft, to int) bool {
	m := l.partner
	if l.options.IsReversed != m.options.IsReversed {
		return !l.options.IsReversed
	}
	if l.options.PrefersSingleRecordLink != m.options.PrefersSingleRecordLink {
		return l.options.PrefersSingleRecordLink
	}
	if l.named() != m.named() {
		return l.named()
	}
	if i != to {
		return i > to
	}
	return l.position < m.position
}

// named reports whether the field's name is not the one that Airtable gives to
// an inverse field.
func (l *linkDraft) named() bool { return !strings.HasPrefix(l.from.Name, l.to.from.Name) }

// groups returns the pairs by target base, each group in writing order: calls
// to one base share its rate, calls to several do not.
func (p Plan) groups() [][]int {
	var bases []airtable.BaseID
	var groups [][]int
	for i, pair := range p.Pairs {
		g := slices.Index(bases, pair.Target.Base)
		if g < 0 {
			g = len(bases)
			bases, groups = append(bases, pair.Target.Base), append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}
