package airtablesync

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// part is a range of rows of one blob.
type part struct {
	Ref  kind.Ref `json:"ref"`
	From int      `json:"from"`
	To   int      `json:"to"` // exclusive
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
			row := p.From + n
			if last := len(parts) - 1; last >= 0 && parts[last].Ref == p.Ref && parts[last].To == row {
				parts[last].To++
			} else {
				parts = append(parts, part{Ref: p.Ref, From: row, To: row + 1})
			}
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
