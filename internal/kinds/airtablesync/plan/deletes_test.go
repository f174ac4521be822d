package plan

import "testing"

func TestHoldDeletes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		missing, rows int64
		allowed, want bool
	}{
		{0, 100, false, false}, {10, 100, false, false}, {11, 100, false, true}, {11, 100, true, false},
		{100, 5000, false, false}, {101, 5000, false, true}, {101, 5000, true, false}, {1, 9, false, true}, {1, 10, false, false},
	} {
		if got := HoldDeletes(test.missing, test.rows, test.allowed); got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}
