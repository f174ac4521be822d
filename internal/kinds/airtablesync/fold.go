package airtablesync

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

// maxFold is how many parts one blob of them holds: what a branch loads at once.
const maxFold = 500

// fold puts the lists of all tables into blobs. What is left of a list is short,
// whatever the number of its rows: a thousand entries for fifty million rows. A
// blob may hold parts of several lists. What was folded by an earlier generation
// and not needed since stays as it is.
func (j *job) fold(run engine.Run) error {
	var lists []*[]part
	for _, t := range j.tables {
		lists = append(lists, &t.Pages, &t.Changes, &t.Later)
	}
	var open []part
	for _, list := range lists {
		open = append(open, slices.DeleteFunc(slices.Clone(*list), func(p part) bool { return p.Folded })...)
	}
	var blobs []kind.Ref
	for chunk := range slices.Chunk(open, maxFold) {
		ref, err := keepRows(run, j.steps, chunk)
		if err != nil {
			return err
		}
		blobs = append(blobs, ref)
	}
	n := 0 // of the open part, over all lists
	for _, list := range lists {
		var folded []part
		for _, p := range *list {
			if !p.Folded {
				p = part{Ref: blobs[n/maxFold], From: n % maxFold, To: n%maxFold + 1, Folded: true}
				n++
			}
			folded = joined(folded, p)
		}
		*list = folded
	}
	return nil
}

// unfold replaces the first folded part of a list, which has one, by the parts
// that it stands for.
func (j *job) unfold(run engine.Run, list *[]part) error {
	n := slices.IndexFunc(*list, func(p part) bool { return p.Folded })
	parts, err := loadRows[part](run, j.steps, (*list)[n])
	if err == nil {
		*list = slices.Replace(*list, n, n+1, parts...)
	}
	return err
}
