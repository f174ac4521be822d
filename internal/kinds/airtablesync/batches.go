package airtablesync

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// Part is a range of rows of one blob.
type Part struct {
	Ref  blob.Ref `json:"ref"`
	From int      `json:"from"`
	To   int      `json:"to"` // exclusive
}

// inBatches cuts ranges into batches of up to ten rows, as full as possible
// across the blobs' borders, in order.
func inBatches(parts []Part) [][]Part {
	var batches [][]Part
	var batch []Part
	room := airtable.MaxBatch
	for _, part := range parts {
		for part.From < part.To {
			take := min(room, part.To-part.From)
			batch = append(batch, Part{Ref: part.Ref, From: part.From, To: part.From + take})
			part.From += take
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

// rowsOf returns the parts that hold the n-th rows of a batch, for those rows
// only; numbers ascend.
func rowsOf(batch []Part, numbers []int) []Part {
	var parts []Part
	for _, n := range numbers {
		for _, part := range batch {
			if size := part.To - part.From; n >= size {
				n -= size
				continue
			}
			row := part.From + n
			if last := len(parts) - 1; last >= 0 && parts[last].Ref == part.Ref && parts[last].To == row {
				parts[last].To++
			} else {
				parts = append(parts, Part{Ref: part.Ref, From: row, To: row + 1})
			}
			break
		}
	}
	return parts
}

func sizeOf(parts []Part) int {
	size := 0
	for _, p := range parts {
		size += p.To - p.From
	}
	return size
}
