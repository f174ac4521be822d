package airtablesync

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

func TestBatchesCrossBlobs(t *testing.T) {
	t.Parallel()
	a, b, c := kind.Ref{Name: "a"}, kind.Ref{Name: "b"}, kind.Ref{Name: "c"}
	got := inBatches([]part{{a, 0, 13}, {b, 0, 0}, {b, 0, 4}, {c, 2, 7}})
	want := [][]part{
		{{a, 0, 10}},
		{{a, 10, 13}, {b, 0, 4}, {c, 2, 5}},
		{{c, 5, 7}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := inBatches(nil); got != nil {
		t.Errorf("nothing: %v", got)
	}
	if got := inBatches([]part{{a, 0, 20}}); len(got) != 2 {
		t.Errorf("twenty rows: %v", got)
	}
}

func TestRowsOfABatch(t *testing.T) {
	t.Parallel()
	a, b, c := kind.Ref{Name: "a"}, kind.Ref{Name: "b"}, kind.Ref{Name: "c"}
	batch := []part{{a, 10, 13}, {b, 0, 4}, {c, 2, 5}}
	rows := rowsOf(batch, []int{0, 1, 3, 9})
	if diff := cmp.Diff([]part{{a, 10, 12}, {b, 0, 1}, {c, 4, 5}}, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if sizeOf(rows) != 4 {
		t.Errorf("size %d", sizeOf(rows))
	}
	// Two blobs may hold neighbouring numbers.
	if diff := cmp.Diff([]part{{a, 12, 13}, {b, 13, 14}}, rowsOf([]part{{a, 12, 13}, {b, 13, 14}}, []int{0, 1})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
