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

// A list is cut the same whether it is folded, half folded or open.
func TestBatchesOfAListThatIsFolded(t *testing.T) {
	t.Parallel()
	a, b := kind.Ref{Name: "a"}, kind.Ref{Name: "b"}
	folded := part{Ref: b, To: 3, Folded: true}
	for name, c := range map[string]struct {
		list    []part
		batches int
		rest    []part
	}{
		"nothing":    {nil, 0, nil},
		"open":       {[]part{{Ref: a, To: 13}}, 2, nil},
		"folded":     {[]part{folded}, 0, []part{folded}},
		"full":       {[]part{{Ref: a, To: 20}, folded}, 2, []part{folded}},
		"not full":   {[]part{{Ref: a, To: 13}, folded}, 1, []part{{Ref: a, From: 10, To: 13}, folded}},
		"too little": {[]part{{Ref: a, To: 3}, folded, {Ref: a, From: 5, To: 30}}, 0, []part{{Ref: a, To: 3}, folded, {Ref: a, From: 5, To: 30}}},
	} {
		batches, rest := cutBatches(c.list)
		if diff := cmp.Diff(c.rest, rest); diff != "" || len(batches) != c.batches {
			t.Errorf("%s: %d batches, rest (-want +got):\n%s", name, len(batches), diff)
		}
	}
}

func TestNeighboursAreJoined(t *testing.T) {
	t.Parallel()
	a, b := kind.Ref{Name: "a"}, kind.Ref{Name: "b"}
	var list []part
	for _, p := range []part{{Ref: a, To: 1}, {Ref: a, From: 1, To: 3}, {Ref: b, From: 3, To: 4}, {Ref: b, From: 5, To: 6}, {Ref: b, From: 6, To: 7, Folded: true}} {
		list = joined(list, p)
	}
	want := []part{{Ref: a, To: 3}, {Ref: b, From: 3, To: 4}, {Ref: b, From: 5, To: 6}, {Ref: b, From: 6, To: 7, Folded: true}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
