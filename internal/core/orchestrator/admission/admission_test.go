package admission_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// bench is a control whose executions have short names: "b3" is the third one of
// the workflow b.
type bench struct {
	*admission.Control
	t       *testing.T
	rule    admission.Rule
	granted []string // that went on, in order
}

func setup(t *testing.T, places int, r admission.Rule) *bench {
	t.Parallel()
	return &bench{Control: admission.New(places, 1000), t: t, rule: r}
}

// one is a kind that runs one execution of a workflow at a time.
var one = admission.Rule{Most: 1}

func key(name string) admission.Key {
	return admission.Key{Workspace: "ws_a", Execution: workflow.ExecutionID(name)}
}

func laneOf(name string) admission.Lane {
	return admission.Lane{Workspace: "ws_a", Workflow: workflow.ID(name[:1])}
}

func pending(name string, priority int) admission.Pending {
	return admission.Pending{Key: key(name), Lane: laneOf(name), Priority: priority}
}

// start reserves an execution and, if it does not run, lets it wait.
func (b *bench) start(name string, priority int) (runs bool) {
	b.t.Helper()
	runs, err := b.Reserve(key(name), laneOf(name), b.rule)
	if err != nil {
		b.t.Fatal(err)
	}
	if !runs {
		b.Created(pending(name, priority))
	}
	return runs
}

// running starts executions that find a place.
func (b *bench) running(names ...string) {
	b.t.Helper()
	for _, name := range names {
		if !b.start(name, 0) {
			b.t.Fatalf("%s does not run", name)
		}
	}
}

// waiting starts executions that find none.
func (b *bench) waiting(names ...string) {
	b.t.Helper()
	for _, name := range names {
		if b.start(name, 0) {
			b.t.Fatalf("%s runs", name)
		}
	}
}

// end ends an execution that is at work.
func (b *bench) end(names ...string) {
	for _, name := range names {
		b.Ended(key(name), laneOf(name), true)
		b.LeavePlace(key(name))
	}
}

// wake asks for what an execution needs to go on.
func (b *bench) wake(name string, priority int, child bool) {
	b.Acquire(admission.Asker{Key: key(name), Lane: laneOf(name), Priority: priority, Child: child}, b.rule,
		func() { b.granted = append(b.granted, name) })
}

// wants fails unless these go on next, and then no one.
func (b *bench) wants(names ...string) {
	b.t.Helper()
	var got []string
	for p, ok := b.Next(); ok; p, ok = b.Next() {
		got = append(got, string(p.Key.Execution))
		b.Released(p, admission.Begun)
	}
	if !slices.Equal(got, names) {
		b.t.Errorf("released %v, want %v", got, names)
	}
}

// wantsGranted fails unless these have been granted since the last call.
func (b *bench) wantsGranted(names ...string) {
	b.t.Helper()
	if !slices.Equal(b.granted, names) {
		b.t.Errorf("granted %v, want %v", b.granted, names)
	}
	b.granted = nil
}

func (b *bench) wantsUsage(atWork, waking, pending int) {
	b.t.Helper()
	a, w, p := b.Usage()
	if a != atWork || w != waking || p != pending {
		b.t.Errorf("%d at work, %d waking, %d pending; want %d, %d, %d", a, w, p, atWork, waking, pending)
	}
}

func (b *bench) wantsOpen(lane string, begun, pending int) {
	b.t.Helper()
	if n, p := b.Open(laneOf(lane)); n != begun || p != pending {
		b.t.Errorf("lane %s has %d begun and %d pending, want %d and %d", lane, n, p, begun, pending)
	}
}

// next returns the pending execution whose turn it is.
func (b *bench) next() admission.Pending {
	b.t.Helper()
	p, ok := b.Next()
	if !ok {
		b.t.Fatal("no one is next")
	}
	return p
}

// starved returns the lanes that have to be read, by name.
func (b *bench) starved() map[string]admission.Reading {
	out := map[string]admission.Reading{}
	for _, r := range b.Starved() {
		out[string(r.Lane.Workflow)] = r
	}
	return out
}

func TestNeverMoreAtWorkThanThereArePlaces(t *testing.T) {
	b := setup(t, 2, admission.Rule{Most: 10})
	b.running("a1", "b1")
	b.waiting("c1", "a2")
	b.wants()
	b.wake("z1", 0, false)
	b.wantsGranted()
	b.wantsUsage(2, 1, 2)
	b.end("a1")
	b.wants()
	b.wantsGranted("z1")
	b.end("b1")
	b.wants("a2")
	b.LeavePlace(key("a2")) // sleeps
	b.wants("c1")
	b.wantsUsage(2, 0, 0)
}

func TestALaneBoundsItsWorkflow(t *testing.T) {
	b := setup(t, 10, admission.Rule{Most: 2})
	b.running("a1", "a2")
	b.waiting("a3", "a4")
	b.running("b1") // another workflow does not mind
	b.wants()
	b.wantsOpen("a", 2, 2)
	b.end("a1")
	b.wantsOpen("a", 1, 2)
	b.wants("a3")
	b.wantsOpen("a", 2, 1)
}

// An execution that waits keeps its lane, and gives its place to others.
func TestWaitingKeepsTheLaneAndFreesThePlace(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a1")
	b.LeavePlace(key("a1"))
	b.waiting("a2")
	b.wants()
	b.running("b1")
	b.wake("a1", 0, false)
	b.wantsGranted()
	b.end("b1")
	b.wants()
	b.wantsGranted("a1")
	b.end("a1")
	b.wants("a2")
}

func TestPriorityThenOrder(t *testing.T) {
	b := setup(t, 1, admission.Rule{Most: 10})
	b.running("x1")
	for name, priority := range map[string]int{"a3": 0, "b1": 5, "c2": 0, "b2": 5, "d1": -1, "a9": 7} {
		b.start(name, priority)
	}
	last := "x1"
	for _, want := range []string{"a9", "b1", "b2", "a3", "c2", "d1"} { // executions of a priority by id
		b.end(last)
		b.wants(want)
		last = want
	}
}

// Of the same priority children go on first, then those who have begun, in the
// order in which they asked, then the pending ones.
func TestWhoGoesOnFirst(t *testing.T) {
	b := setup(t, 1, admission.Rule{Most: 10})
	b.running("x1")
	b.waiting("a1")
	for _, name := range []string{"w5", "w4", "w3", "w2", "w1"} {
		b.wake(name, 0, false)
	}
	b.wake("c1", 0, true)
	b.wake("h1", 1, false)
	b.start("p1", 1)
	b.start("l1", -1)
	for i, want := range []string{"h1", "p1", "c1", "w5", "w4", "w3", "w2", "w1", "a1", "l1"} {
		b.LeavePlace(key("whoever"))
		p, ok := b.Next()
		if got := string(p.Key.Execution); ok && got != want {
			t.Errorf("turn %d: released %s, want %s", i, got, want)
		} else if !ok {
			b.wantsGranted(want)
		}
	}
	b.LeavePlace(key("whoever"))
	b.wants()
}

// One who asks when there is a place has it at once, unless someone is before
// them in line.
func TestAcquireDoesNotPassOthers(t *testing.T) {
	b := setup(t, 2, admission.Rule{Most: 10})
	b.running("a1")
	b.wake("w1", 0, false)
	b.wantsGranted("w1")
	b.start("p1", 3)
	b.LeavePlace(key("w1"))
	b.wake("w2", 0, false)
	b.wantsGranted()
	b.wake("w3", 4, false)
	b.wantsGranted("w3")
	b.end("a1")
	b.wants("p1")
	b.wantsUsage(2, 1, 0)
}

// A new start does not pass those who wait already.
func TestAStartDoesNotPassOthers(t *testing.T) {
	b := setup(t, 2, one)
	b.running("a1", "b1")
	b.waiting("c1")
	b.end("a1")
	b.waiting("d1") // there is a place, and c1 is before it
	b.wants("c1")
	b.end("b1")
	b.wants("d1")
	b.end("c1", "d1")
	b.running("e1")
	b.waiting("e2") // its lane is full
	b.Restore(laneOf("r1"), one, true)
	b.waiting("f1") // r1 has to be read first
	b.wantsUsage(1, 0, 3)
}

func TestAHaltedLaneReleasesNothing(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a1")
	b.waiting("a2", "b1")
	b.Halt(laneOf("a"), true)
	b.end("a1")
	b.wants("b1")
	b.end("b1")
	b.wants()
	b.waiting("a3")
	b.Halt(laneOf("a"), false)
	b.wants("a2")
	b.end("a2")
	b.wants("a3")
	b.end("a3")
	b.Halt(laneOf("h"), true)
	b.waiting("h1")
}

func TestMaxPending(t *testing.T) {
	t.Parallel()
	c := admission.New(1, 2)
	for i, name := range []string{"a1", "a2", "b1"} {
		if runs, err := c.Reserve(key(name), laneOf(name), one); err != nil || runs != (i == 0) {
			t.Fatalf("%s: runs %v, %v", name, runs, err)
		}
	}
	_, err := c.Reserve(key("c1"), laneOf("c1"), one)
	var refused *workflow.Error
	if !errors.As(err, &refused) || refused.Code != "too_many_pending" || refused.RetryAfter == 0 {
		t.Fatalf("the third pending one: %v", err)
	}
	c.Abandon(key("b1"), laneOf("b1"), false)
	if _, err := c.Reserve(key("c1"), laneOf("c1"), one); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

func TestAnAbandonedStartLeavesNothing(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a1")
	if runs, err := b.Reserve(key("a2"), laneOf("a2"), one); runs || err != nil {
		t.Fatal(runs, err)
	}
	b.Abandon(key("a2"), laneOf("a2"), false)
	b.wantsOpen("a", 1, 0)
	b.Abandon(key("a1"), laneOf("a1"), true)
	b.wantsUsage(0, 0, 0)
	b.running("a3")
}

// What becomes of a release: the lane and the place follow.
func TestOutcomesOfARelease(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how            admission.Outcome
		ended          bool // the end is heard of
		leaves         bool // the engine gives the place back
		begun, pending int
		next           string // who is next
	}{
		"begun":            {how: admission.Begun, begun: 1, pending: 1},
		"begun and ended":  {how: admission.Begun, ended: true, leaves: true, pending: 1, next: "a3"},
		"refused":          {how: admission.Refused, ended: true, leaves: true, pending: 1, next: "a3"},
		"refused, at work": {how: admission.Refused, ended: true, pending: 1},
		"gone":             {how: admission.Gone, ended: true, pending: 1, next: "a3"},
		"failed":           {how: admission.Failed, pending: 2, next: "a2"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, 1, one)
			b.running("a1")
			b.waiting("a2", "a3")
			b.end("a1")
			p := b.next()
			if _, ok := b.Next(); ok {
				t.Error("two are released where one may be")
			}
			b.wantsOpen("a", 1, 1) // one that is being released counts as begun
			if c.ended {
				b.Ended(p.Key, p.Lane, c.how == admission.Begun)
			}
			b.Released(p, c.how)
			if c.leaves {
				b.LeavePlace(p.Key)
			}
			b.wantsOpen("a", c.begun, c.pending)
			if c.next == "" {
				b.wants()
			} else if got := b.next(); string(got.Key.Execution) != c.next {
				t.Errorf("%s is next, want %s", got.Key.Execution, c.next)
			}
		})
	}
}

func TestOneThatEndsWhilePendingIsNotReleased(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a1")
	b.waiting("a2", "a3")
	b.Ended(key("a2"), laneOf("a2"), false)
	b.wantsOpen("a", 1, 1)
	b.end("a1")
	b.wants("a3")
}

// A start that is not created yet is not passed by a later one.
func TestAStartDoesNotPassOneThatIsBeingCreated(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a1")
	if runs, err := b.Reserve(key("a2"), laneOf("a2"), one); runs || err != nil {
		t.Fatal(runs, err)
	}
	b.end("a1")
	if runs, err := b.Reserve(key("a3"), laneOf("a3"), one); runs || err != nil {
		t.Error(runs, err)
	}
	b.Created(pending("a3", 0))
	b.Created(pending("a2", 0))
	b.wants("a2")
}

// A cancel may be faster than the news that the execution was created.
func TestOneThatEndsBeforeItIsKnown(t *testing.T) {
	b := setup(t, 2, one)
	b.running("a1")
	if runs, err := b.Reserve(key("a2"), laneOf("a2"), one); runs || err != nil {
		t.Fatal(runs, err)
	}
	b.Ended(key("a2"), laneOf("a2"), false)
	b.end("a1")
	b.Created(pending("a2", 0))
	b.waiting("a3")
	p := b.next()
	if _, ok := b.Next(); ok {
		t.Error("two are released in a lane of one")
	}
	b.Released(p, admission.Gone)
	b.wants("a3")
	b.wantsUsage(1, 0, 0)
}

// stored is what a store would return of a lane.
func stored(of string, from, to int) []admission.Pending {
	var out []admission.Pending
	for i := from; i <= to; i++ {
		out = append(out, pending(fmt.Sprintf("%s%03d", of, i), 0))
	}
	return out
}

// A lane holds the heads of its queue; the rest is read when it is their turn,
// and all come in order.
func TestMorePendingThanAWindow(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a000")
	all := stored("a", 1, 300)
	for _, p := range all {
		b.waiting(string(p.Key.Execution))
	}
	last, reads := "a000", 0
	for i, want := range all {
		b.end(last)
		if r, ok := b.starved()["a"]; ok {
			reads++
			n := min(len(all), i+r.Limit)
			b.Refill(r, all[i:n], false)
		}
		last = string(want.Key.Execution)
		b.wants(last)
	}
	if reads != 4 { // 300 by windows of 64, the first of which is in memory
		t.Errorf("%d reads", reads)
	}
	b.end(last)
	b.wants()
	b.wantsUsage(0, 0, 0)
	if n := len(b.starved()); n != 0 {
		t.Error("an empty lane has to be read")
	}
}

// A better one that comes later is before the window; a worse one is behind what
// is stored.
func TestWhoComesWhileMoreAreStored(t *testing.T) {
	b := setup(t, 1, one)
	b.running("a000")
	for _, p := range stored("a", 1, 70) {
		b.waiting(string(p.Key.Execution))
	}
	b.waiting("a999")
	b.start("a998", 1)
	b.end("a000")
	b.wants("a998")
	b.end("a998")
	for _, p := range stored("a", 1, 63) { // a064 was cut off
		b.wants(string(p.Key.Execution))
		b.end(string(p.Key.Execution))
	}
	b.wants()
	r, ok := b.starved()["a"]
	if !ok {
		t.Fatal("what was cut off is not read")
	}
	b.Refill(r, append(stored("a", 64, 70), pending("a999", 0)), false)
	b.wants("a064")
}

func TestALaneIsReadOnlyWhenItHasRoom(t *testing.T) {
	b := setup(t, 2, one)
	b.Restore(laneOf("a"), one, true)
	b.Restore(laneOf("b"), one, false)
	b.Restore(laneOf("b"), one, true)
	b.Restore(laneOf("c"), one, true)
	b.Halt(laneOf("c"), true)
	if got := b.starved(); len(got) != 1 || got["a"].Limit != 64 {
		t.Errorf("starved: %v", got)
	}
	b.Ended(key("b1"), laneOf("b"), true)
	b.Halt(laneOf("c"), false)
	if got := b.starved(); len(got) != 3 {
		t.Errorf("starved: %v", got)
	}
}

// What happens while a lane is read counts more than what was read.
func TestReadingIsNotAMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(b *bench)
		read      []string
		failed    bool
		want      []string // in order
		again     bool     // it has to be read again
	}{
		"nothing":              {read: []string{"a1", "a2"}, want: []string{"a1", "a2"}},
		"fails":                {failed: true, again: true},
		"one came, not read":   {func(b *bench) { b.waiting("a3") }, []string{"a1", "a2"}, false, []string{"a1", "a2", "a3"}, false},
		"one came, read":       {func(b *bench) { b.waiting("a3") }, []string{"a1", "a2", "a3"}, false, []string{"a1", "a2", "a3"}, false},
		"a better one came":    {func(b *bench) { b.start("a3", 1) }, []string{"a1", "a2"}, false, []string{"a3", "a1", "a2"}, false},
		"one came, all failed": {func(b *bench) { b.waiting("a3") }, nil, true, nil, true},
		"one ended":            {func(b *bench) { b.Ended(key("a1"), laneOf("a1"), false) }, []string{"a1", "a2"}, false, []string{"a2"}, false},
		"one came and ended": {func(b *bench) { b.waiting("a3"); b.Ended(key("a3"), laneOf("a3"), false) },
			[]string{"a1", "a2"}, false, []string{"a1", "a2"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, 1, admission.Rule{Most: 5})
			b.Restore(laneOf("a"), b.rule, true)
			b.Restore(laneOf("a"), b.rule, true)
			r := b.starved()["a"]
			if c.meanwhile != nil {
				c.meanwhile(b)
			}
			var read []admission.Pending
			for _, name := range c.read {
				read = append(read, pending(name, 0))
			}
			b.Refill(r, read, c.failed)
			var got []string
			for p, ok := b.Next(); ok; p, ok = b.Next() {
				got = append(got, string(p.Key.Execution))
				b.Released(p, admission.Begun)
				b.LeavePlace(p.Key)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("released %v, want %v", got, c.want)
			}
			if _, again := b.starved()["a"]; again != c.again {
				t.Errorf("to be read again: %v", again)
			}
		})
	}
}

// Those that are being released are still stored as pending, and are not
// released twice; enough is read to find others behind them.
func TestReadingPassesOverWhatIsBeingReleased(t *testing.T) {
	b := setup(t, 100, admission.Rule{Most: 100})
	for range 130 {
		b.Restore(laneOf("a"), b.rule, true)
	}
	all := stored("a", 1, 130)
	r := b.starved()["a"]
	b.Refill(r, all[:r.Limit], false)
	var flying []admission.Pending
	for p, ok := b.Next(); ok; p, ok = b.Next() {
		flying = append(flying, p)
	}
	if len(flying) != 64 {
		t.Fatalf("%d are being released", len(flying))
	}
	r = b.starved()["a"]
	if r.Limit != 128 {
		t.Fatalf("%d are to be read, so that there are others among them", r.Limit)
	}
	b.Released(flying[0], admission.Begun) // after it was read as pending
	b.Released(flying[1], admission.Failed)
	b.Refill(r, all[:r.Limit], false)
	p := b.next()
	if p != flying[1] {
		t.Errorf("%s is next, want the one that failed", p.Key.Execution)
	}
	for i := 64; ; i++ {
		p, ok := b.Next()
		if !ok {
			if i != 100 {
				t.Errorf("%d places are taken", i)
			}
			break
		}
		if p != all[i] {
			t.Fatalf("%s is next, want %s", p.Key.Execution, all[i].Key.Execution)
		}
	}
}

// A lane that is freed bounds those at work; who comes back needs lane and place.
func TestAFreedLane(t *testing.T) {
	b := setup(t, 2, admission.Rule{Most: 1, Frees: true})
	b.running("a1")
	b.waiting("a2")
	b.wants()
	b.LeavePlace(key("a1"))
	b.wants("a2")
	b.wantsOpen("a", 2, 0)
	b.wake("a1", 0, false)
	b.wantsGranted() // there is a place, but not the lane
	b.wants()
	b.wake("a3", 5, true) // a child needs no lane
	b.wantsGranted("a3")
	b.LeavePlace(key("a3"))
	b.end("a2")
	b.wants()
	b.wantsGranted("a1")
	b.waiting("a4", "a5")
	b.end("a1")
	b.wants("a4")
	b.wake("a9", 0, false)
	b.end("a4")
	b.wants()
	b.wantsGranted("a9") // has begun, and goes before a5
	b.end("a9")
	b.wants("a5")
	b.start("a6", 1)
	b.wake("a7", 0, false)
	b.end("a5")
	b.wants("a6") // of a higher priority than a7
	b.end("a6")
	b.wants()
	b.wantsGranted("a7")
	b.end("a7")
	b.Halt(laneOf("a"), true)
	b.wake("a8", 0, false)
	b.wantsGranted("a8") // a halted lane lets those go on who have begun
	b.wants()
}

// A place may be asked for again before it is given back.
func TestAPlaceIsAskedForBeforeItIsGivenBack(t *testing.T) {
	b := setup(t, 2, admission.Rule{Most: 2, Frees: true})
	b.running("a1")
	b.wake("a1", 0, false)
	b.wantsGranted("a1")
	b.LeavePlace(key("a1"))
	b.wantsUsage(1, 0, 0)
	b.running("a2")
	b.waiting("a3")
	b.end("a1")
	b.wants("a3")
}

func TestRestoreCountsWhatWasOpen(t *testing.T) {
	b := setup(t, 5, admission.Rule{Most: 2})
	b.Restore(laneOf("a"), b.rule, false)
	b.Restore(laneOf("a"), b.rule, false)
	b.Restore(laneOf("a"), b.rule, true)
	b.wantsUsage(0, 0, 1)
	b.wantsOpen("a", 2, 1)
	b.waiting("a9")
	if len(b.starved()) != 0 {
		t.Error("a full lane is read")
	}
	b.Ended(key("a1"), laneOf("a1"), true)
	r := b.starved()["a"]
	b.Refill(r, []admission.Pending{pending("a3", 0), pending("a9", 0)}, false)
	b.wants("a3")
}

// Changed tells whenever someone could go on.
func TestChanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *bench){
		"an end":            func(b *bench) { b.Ended(key("a1"), laneOf("a1"), true) },
		"a place":           func(b *bench) { b.LeavePlace(key("a1")) },
		"a start":           func(b *bench) { b.Created(pending("a3", 0)) },
		"an abandoned one":  func(b *bench) { b.Abandon(key("a1"), laneOf("a1"), true) },
		"a lane goes on":    func(b *bench) { b.Halt(laneOf("a1"), false) },
		"someone wakes":     func(b *bench) { b.Acquire(admission.Asker{Key: key("z1")}, one, func() {}) },
		"one is restored":   func(b *bench) { b.Restore(laneOf("b1"), one, true) },
		"a failed release":  func(b *bench) { b.Released(pending("a2", 0), admission.Failed) },
		"a lane was read":   func(b *bench) { b.Refill(admission.Reading{Lane: laneOf("a1")}, nil, false) },
		"one never existed": func(b *bench) { b.Released(pending("a2", 0), admission.Gone) },
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, 1, admission.Rule{Most: 10})
			b.running("a1")
			b.waiting("a2")
			for len(b.Changed()) > 0 {
				<-b.Changed()
			}
			change(b)
			if len(b.Changed()) == 0 {
				t.Error("no one hears of it")
			}
		})
	}
	t.Run("not of a failed read", func(t *testing.T) { // which is tried again after a pause
		b := setup(t, 1, one)
		b.Refill(admission.Reading{Lane: laneOf("a1")}, nil, true)
		if len(b.Changed()) != 0 {
			t.Error("the dispatcher would not pause")
		}
	})
}

// A refused start says how many wait.
func TestTheRefusalSaysHowMany(t *testing.T) {
	t.Parallel()
	_, err := admission.New(0, 0).Reserve(key("a1"), laneOf("a1"), one)
	if err == nil || !strings.Contains(err.Error(), "0 executions wait") {
		t.Errorf("said: %v", err)
	}
}
