package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOrderTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		n          int
		hard, soft []dependency
		want       []int
	}{
		"free":                             {n: 3, want: []int{0, 1, 2}},
		"a chain backwards":                {n: 3, hard: []dependency{{0, 1}, {1, 2}}, want: []int{2, 1, 0}},
		"soft ones count":                  {n: 2, soft: []dependency{{0, 1}}, want: []int{1, 0}},
		"soft ones give way":               {n: 2, hard: []dependency{{1, 0}}, soft: []dependency{{0, 1}}, want: []int{0, 1}},
		"only as many as needed give way":  {n: 3, hard: []dependency{{1, 0}}, soft: []dependency{{0, 1}, {0, 2}}, want: []int{2, 0, 1}},
		"a hard circle starts at the best": {n: 3, hard: []dependency{{0, 1}, {0, 2}, {1, 0}, {2, 1}}, want: []int{1, 2, 0}},
		"a hard circle, all are equal":     {n: 2, hard: []dependency{{0, 1}, {1, 0}}, want: []int{0, 1}},
		"what is placed blocks no one":     {n: 4, hard: []dependency{{0, 3}, {1, 0}, {2, 1}}, want: []int{3, 0, 1, 2}},
		"itself, before a free one":        {n: 2, hard: []dependency{{0, 0}}, want: []int{0, 1}},
		"itself":                           {n: 1, hard: []dependency{{0, 0}}, want: []int{0}},
	} {
		if diff := cmp.Diff(test.want, orderTables(test.n, test.hard, test.soft)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
