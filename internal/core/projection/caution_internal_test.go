package projection

import (
	"fmt"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// trial plays a follower over total events with positions from 1, in batches of up
// to most. fails says of a batch whether it fails, and at which index: -1 for its
// write.
type trial struct {
	total, most           int
	fails                 func(first, last int) (failed bool, index int)
	stored, tries, pauses int
	fault                 int // position, zero for none
}

func (r *trial) run() {
	c := newCaution(r.most)
	for r.stored < r.total && r.fault == 0 && r.tries < 100_000 {
		b := &batch{}
		for p := r.stored + 1; p <= r.total && len(b.events) < c.limit; p++ {
			b.events = append(b.events, eventstore.Event{Position: int64(p)})
		}
		b.upTo = int64(r.stored + len(b.events))
		r.tries++
		failed, index := r.fails(r.stored+1, int(b.upTo))
		if !failed {
			r.stored = int(b.upTo)
			c.succeeded(b.upTo)
			continue
		}
		switch c.failed(b, index) {
		case tryLater:
			r.pauses++
		case atFault:
			r.fault = int(b.events[0].Position)
		}
	}
}

func TestAnEventAtFaultIsFoundQuickly(t *testing.T) {
	t.Parallel()
	const total = 10_000
	for _, bad := range []int{1, 2, 3, 100, 2048, 2049, 4096, 4097, 7777, total} {
		for how, index := range map[string]func(first int) int{"fold": func(first int) int { return bad - first }, "write": func(int) int { return -1 }} {
			r := &trial{total: total, most: 4096, fails: func(first, last int) (bool, int) { return first <= bad && bad <= last, index(first) }}
			r.run()
			if r.fault != bad || r.stored != bad-1 {
				t.Errorf("%s of %d: at fault is %d, %d are stored", how, bad, r.fault, r.stored)
			}
			if r.pauses != 1 || r.tries > 100 {
				t.Errorf("%s of %d: %d tries and %d pauses", how, bad, r.tries, r.pauses)
			}
		}
	}
}

func TestWhatPassesSlowsNothingDown(t *testing.T) {
	t.Parallel()
	for passes := range 14 { // after so many failures
		left := passes
		r := &trial{total: 10_000, most: 4096}
		r.fails = func(int, int) (bool, int) { left--; return left >= 0, -1 }
		r.run()
		if r.fault != 0 || r.stored != r.total || r.tries > 40 {
			t.Errorf("after %d failures: at fault is %d, %d are stored with %d tries", passes, r.fault, r.stored, r.tries)
		}
	}
}

func TestCautionEndsWithWhatHasFailed(t *testing.T) {
	t.Parallel()
	c := newCaution(8)
	if c.careful() {
		t.Error("careful from the beginning")
	}
	b := &batch{upTo: 20, events: []eventstore.Event{{Position: 11}, {Position: 15}, {Position: 20}}}
	c.failed(b, 2)
	for _, step := range []struct {
		upTo    int64
		want    string
		careful bool
	}{{15, "4", true}, {19, "8", true}, {20, "8", false}} {
		c.succeeded(step.upTo)
		if got := fmt.Sprint(c.limit); got != step.want || c.careful() != step.careful {
			t.Errorf("after %d: limit %s, careful %t", step.upTo, got, c.careful())
		}
	}
	if c.failed(&batch{upTo: 30}, -1) != tryLater {
		t.Error("a batch without events is not tried later")
	}
}
