package airtablesync

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

func TestBatchesCrossBlobs(t *testing.T) {
	t.Parallel()
	a, b, c := kind.Ref{Name: "a"}, kind.Ref{Name: "b"}, kind.Ref{Name: "c"}
	got := inBatches([]part{{Ref: a, From: 0, To: 13}, {Ref: b, From: 0, To: 0}, {Ref: b, From: 0, To: 4}, {Ref: c, From: 2, To: 7}})
	want := [][]part{
		{{Ref: a, From: 0, To: 10}},
		{{Ref: a, From: 10, To: 13}, {Ref: b, From: 0, To: 4}, {Ref: c, From: 2, To: 5}},
		{{Ref: c, From: 5, To: 7}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := inBatches(nil); got != nil {
		t.Errorf("nothing: %v", got)
	}
	if got := inBatches([]part{{Ref: a, From: 0, To: 20}}); len(got) != 2 {
		t.Errorf("twenty rows: %v", got)
	}
}

func TestRowsOfABatch(t *testing.T) {
	t.Parallel()
	a, b, c := kind.Ref{Name: "a"}, kind.Ref{Name: "b"}, kind.Ref{Name: "c"}
	batch := []part{{Ref: a, From: 10, To: 13}, {Ref: b, From: 0, To: 4}, {Ref: c, From: 2, To: 5}}
	rows := rowsOf(batch, []int{0, 1, 3, 9})
	if diff := cmp.Diff([]part{{Ref: a, From: 10, To: 12}, {Ref: b, From: 0, To: 1}, {Ref: c, From: 4, To: 5}}, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if sizeOf(rows) != 4 {
		t.Errorf("size %d", sizeOf(rows))
	}
	// Two blobs may hold neighbouring numbers.
	if diff := cmp.Diff([]part{{Ref: a, From: 12, To: 13}, {Ref: b, From: 13, To: 14}}, rowsOf([]part{{Ref: a, From: 12, To: 13}, {Ref: b, From: 13, To: 14}}, []int{0, 1})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
