package airtablesync

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// part is a range of rows of one blob.
type part struct {
	Ref  kind.Ref `json:"ref"`
	From int      `json:"from,omitempty"`
	To   int      `json:"to"` // exclusive
	// Folded says that the rows are parts themselves. Only lists of what is to be
	// done have such, see fold.
	Folded bool `json:"folded,omitempty"`
}

// joined adds a part, to the last one if it follows that in the same blob.
func joined(parts []part, p part) []part {
	if last := len(parts) - 1; last >= 0 && parts[last].Ref == p.Ref && parts[last].To == p.From && parts[last].Folded == p.Folded {
		parts[last].To = p.To
		return parts
	}
	return append(parts, p)
}

// cutBatches cuts the beginning of a list into batches of ten rows, up to its
// first folded part. Only the last batch of the whole list may be smaller: what
// would make a smaller one before stays in the rest.
func cutBatches(list []part) (batches [][]part, rest []part) {
	open := slices.IndexFunc(list, func(p part) bool { return p.Folded })
	if open < 0 {
		return inBatches(list), nil
	}
	batches, rest = inBatches(list[:open]), list[open:]
	if last := len(batches) - 1; last >= 0 && sizeOf(batches[last]) < airtable.MaxBatch {
		batches, rest = batches[:last], slices.Concat(batches[last], rest)
	}
	return batches, rest
}

// inBatches cuts parts into batches of ten rows, in order. Batches cross the
// borders of blobs; only the last one may be smaller.
func inBatches(parts []part) [][]part {
	var batches [][]part
	var batch []part
	room := airtable.MaxBatch
	for _, p := range parts {
		for p.From < p.To {
			take := min(room, p.To-p.From)
			batch = append(batch, part{Ref: p.Ref, From: p.From, To: p.From + take})
			p.From += take
			if room -= take; room == 0 {
				batches, batch, room = append(batches, batch), nil, airtable.MaxBatch
			}
		}
	}
	if len(batch) > 0 {
		batches = append(batches, batch)
	}
	return batches
}

// rowsOf returns those rows of a batch that have the given numbers, which must
// ascend, as parts.
func rowsOf(batch []part, numbers []int) []part {
	var parts []part
	for _, n := range numbers {
		for _, p := range batch {
			if size := p.To - p.From; n >= size {
				n -= size
				continue
			}
			parts = joined(parts, part{Ref: p.Ref, From: p.From + n, To: p.From + n + 1})
			break
		}
	}
	return parts
}

// sizeOf counts the rows of parts.
func sizeOf(parts []part) int {
	size := 0
	for _, p := range parts {
		size += p.To - p.From
	}
	return size
}
