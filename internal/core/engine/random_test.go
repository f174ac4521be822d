package engine

import "testing"

// Open executions depend on these draws: they can never change.
func TestRandomIsForEver(t *testing.T) {
	r := newRandom(Root{"ex_0198c5a2", 1}, "4.17")
	got := []any{r.Uint64(), r.IntN(1000), uuidFrom(r)}
	want := []any{uint64(0x85ff568e9dd3d78b), 525, "ca2d366d-7fd0-40a5-b876-b1f11c0c916f"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("draw %d is %#v, want %#v", i, got[i], want[i])
		}
	}
}
