package readmodel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestQuantilesStayWithinTheBucketOfTheTruth(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 200 {
		var d distribution
		values := make([]int64, 1+r.IntN(200))
		for i := range values {
			values[i] = int64(r.ExpFloat64() * 3e6)
			d.add(values[i])
		}
		slices.Sort(values)
		for _, q := range []float64{0.5, 0.95, 0.99} {
			truth := values[int(math.Ceil(q*float64(len(values))))-1]
			got := d.quantile(q)
			if bucket(got)-bucket(truth) > 1 || bucket(truth)-bucket(got) > 1 || got < d.Min || got > d.Max {
				t.Fatalf("seed %d: quantile %v of %d values is %d, the truth is %d", seed, q, len(values), got, truth)
			}
		}
	}
	if (&distribution{}).quantile(0.5) != 0 {
		t.Error("an empty distribution has a quantile")
	}
}

func bucket(us int64) int {
	i, _ := slices.BinarySearch(bounds[:], us)
	return i
}

func TestFiguresKeepTheLastEndsNewestFirst(t *testing.T) {
	t.Parallel()
	f := newFigures()
	for i := range keptEnds + 5 {
		f.ended(end{Execution: string(rune('a' + i)), State: workflow.Failed}, -1)
	}
	if len(f.Ends) != keptEnds || f.Ends[0].Execution != string(rune('a'+keptEnds+4)) || f.InARow != keptEnds+5 || f.Durations.Count != 0 {
		t.Errorf("%d ends, first %s, %d in a row", len(f.Ends), f.Ends[0].Execution, f.InARow)
	}
	f.ended(end{State: workflow.Cancelled}, 5)
	if f.InARow != keptEnds+5 {
		t.Error("a cancel counts as a success")
	}
	f.ended(end{State: workflow.Completed}, 5)
	if f.InARow != 0 || f.Durations.Count != 2 {
		t.Errorf("%d in a row, %d durations", f.InARow, f.Durations.Count)
	}
}
