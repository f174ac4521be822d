package admission_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
)

// model is a plain account of what should be so, and plays the dispatcher, the
// engine and the store at random.
type model struct {
	t      *testing.T
	random *rand.Rand
	*admission.Control

	places int
	rules  map[string]admission.Rule
	halted map[string]bool
	made   int
	all    map[string]*execution
	reads  []read // begun and not answered
}

type stage int

const (
	creating  stage = iota // reserved as pending, the control does not know it yet
	waits                  // pending
	releasing              // given out by Next
	works                  // begun, with a place
	rests                  // begun, without one
	wakes                  // wants to go on
	ghost                  // has ended, and still stands in line
	leaving                // ended, its place is not given back yet
	over
)

type execution struct {
	name, lane string
	priority   int
	child      bool
	stage      stage
}

type read struct {
	admission.Reading
	stored []admission.Pending
}

func (x *execution) pending() admission.Pending {
	return admission.Pending{Key: key(x.name), Lane: laneOf(x.lane), Priority: x.priority}
}

func (m *model) in(stages ...stage) []*execution {
	var out []*execution
	for _, x := range m.all {
		if slices.Contains(stages, x.stage) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b *execution) int { return cmp.Compare(a.name, b.name) })
	return out
}

// any returns one execution of these stages at random, or nil.
func (m *model) any(stages ...stage) *execution {
	list := m.in(stages...)
	if len(list) == 0 {
		return nil
	}
	return list[m.random.IntN(len(list))]
}

func (m *model) start() {
	m.made++
	lane := string(rune('a' + m.random.IntN(len(m.rules))))
	if m.halted[lane] {
		return // the orchestrator refuses it
	}
	x := &execution{name: fmt.Sprintf("%s%05d", lane, m.made), lane: lane, priority: m.random.IntN(3), stage: creating}
	runs, err := m.Reserve(key(x.name), laneOf(lane), m.rules[lane])
	if err != nil {
		m.t.Fatal(err)
	}
	switch {
	case runs:
		x.stage = works
	case m.random.IntN(10) == 0:
		m.Abandon(key(x.name), laneOf(lane), false)
		return
	}
	m.all[x.name] = x
	if len(m.in(wakes)) > 0 && runs && len(m.eligible()) > 0 {
		m.t.Errorf("%s passed those who wait", x.name)
	}
}

// create tells the control of a new pending execution, which may happen late.
func (m *model) create() {
	if x := m.any(creating); x != nil {
		x.stage = waits
		m.Created(x.pending())
	}
}

// dispatch gives out one place, if there is one.
func (m *model) dispatch() {
	p, ok := m.Next()
	if !ok {
		if m.atWork() < m.places && len(m.eligible()) > 0 {
			m.t.Errorf("no one is next, with %d of %d at work and %v waiting", m.atWork(), m.places, m.eligible())
		}
		return
	}
	x := m.all[string(p.Key.Execution)]
	if x.stage != waits || p != x.pending() {
		m.t.Fatalf("%+v is released, which is %+v", p, x)
	}
	for _, other := range m.in(waits) {
		if other.lane == x.lane && before(other, x) {
			m.t.Errorf("%+v is released before %+v", x, other)
		}
	}
	x.stage = releasing
}

func before(a, b *execution) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	return a.name < b.name
}

// eligible lists who wants to go on and could if there were a place.
func (m *model) eligible() []string {
	var out []string
	for _, x := range m.in(wakes) {
		if r := m.rules[x.lane]; x.child || !r.Frees || m.inLane(x.lane) < r.Most {
			out = append(out, x.name)
		}
	}
	return out
}

func (m *model) land() {
	x := m.any(releasing)
	if x == nil {
		return
	}
	switch m.random.IntN(5) {
	case 0:
		x.stage = waits
		m.Released(x.pending(), admission.Failed)
	case 1:
		x.stage = over
		m.Ended(key(x.name), laneOf(x.lane), false)
		m.Released(x.pending(), admission.Gone)
	case 2:
		x.stage = leaving
		m.Ended(key(x.name), laneOf(x.lane), false)
		m.Released(x.pending(), admission.Refused)
	case 3: // so quick that the end is heard of first
		x.stage = leaving
		m.Ended(key(x.name), laneOf(x.lane), true)
		m.Released(x.pending(), admission.Begun)
	default:
		x.stage = works
		m.Released(x.pending(), admission.Begun)
	}
}

func (m *model) rest() {
	if x := m.any(works, leaving); x != nil {
		x.stage = map[stage]stage{works: rests, leaving: over}[x.stage]
		m.LeavePlace(key(x.name))
	}
}

func (m *model) wake() {
	if x := m.any(rests); x != nil {
		x.stage = wakes
		m.Acquire(admission.Asker{Key: key(x.name), Lane: laneOf(x.lane), Priority: x.priority, Child: x.child}, m.rules[x.lane], func() {
			switch x.stage {
			case wakes:
				x.stage = works
			case ghost:
				x.stage = over
				m.LeavePlace(key(x.name))
			default:
				m.t.Errorf("%+v is granted what it did not ask for", x)
			}
		})
	}
}

func (m *model) child() {
	parent := m.any(works)
	if parent == nil {
		return
	}
	m.made++
	x := &execution{name: fmt.Sprintf("z%05d", m.made), lane: parent.lane, priority: parent.priority, child: true, stage: rests}
	m.all[x.name] = x
}

func (m *model) end() {
	x := m.any(works, rests, wakes)
	if x == nil {
		return
	}
	if !x.child {
		m.Ended(key(x.name), laneOf(x.lane), true)
	}
	x.stage = map[stage]stage{works: leaving, rests: over, wakes: ghost}[x.stage]
}

func (m *model) cancelPending() {
	if x := m.any(waits); x != nil {
		x.stage = over
		m.Ended(key(x.name), laneOf(x.lane), false)
	}
}

func (m *model) halt() {
	lane := string(rune('a' + m.random.IntN(len(m.rules))))
	m.halted[lane] = !m.halted[lane]
	m.Halt(laneOf(lane), m.halted[lane])
}

// beginReads reads what is pending, as the store has it: also what is being
// released, and what the control has not heard of yet.
func (m *model) beginReads() {
	if len(m.reads) > 0 {
		return
	}
	for _, r := range m.Starved() {
		var stored []admission.Pending
		list := m.in(creating, waits, releasing)
		slices.SortFunc(list, func(a, b *execution) int {
			if before(a, b) {
				return -1
			}
			return 1
		})
		for _, x := range list {
			if laneOf(x.lane) == r.Lane && len(stored) < r.Limit {
				stored = append(stored, x.pending())
			}
		}
		m.reads = append(m.reads, read{r, stored})
	}
}

func (m *model) endReads() {
	for _, r := range m.reads {
		m.Refill(r.Reading, r.stored, m.random.IntN(4) == 0)
	}
	m.reads = nil
}

func (m *model) atWork() int { return len(m.in(releasing, works, leaving)) }

// inLane counts who has the lane.
func (m *model) inLane(lane string) int {
	n := 0
	for _, x := range m.all {
		at := x.stage == releasing || x.stage == works || x.stage == leaving
		if x.lane == lane && !x.child && (at && (m.rules[lane].Frees || x.stage != leaving) || !m.rules[lane].Frees && (x.stage == rests || x.stage == wakes)) {
			n++
		}
	}
	return n
}

func (m *model) check() {
	m.t.Helper()
	atWork, waking, pending := m.Usage()
	if atWork != m.atWork() || waking != len(m.in(wakes, ghost)) || pending != len(m.in(creating, waits, releasing)) {
		m.t.Errorf("%d at work, %d waking, %d pending; want %d, %d, %d", atWork, waking, pending, m.atWork(), len(m.in(wakes, ghost)), len(m.in(creating, waits, releasing)))
	}
	if atWork > m.places {
		m.t.Errorf("%d at work with %d places", atWork, m.places)
	}
	for lane, r := range m.rules {
		if n := m.inLane(lane); n > r.Most {
			m.t.Errorf("lane %s holds %d, more than %d", lane, n, r.Most)
		}
	}
}

// drain lets everything come to its end.
func (m *model) drain() {
	for lane := range m.rules {
		m.halted[lane] = false
		m.Halt(laneOf(lane), false)
	}
	for range 100_000 {
		if len(m.all) == len(m.in(over)) {
			break
		}
		for _, act := range []func(){m.create, m.dispatch, m.land, m.wake, m.end, m.rest, m.beginReads, m.endReads} {
			act()
		}
		if m.t.Failed() {
			return
		}
	}
	for _, r := range m.Starved() { // the end of a queue is found by reading it
		m.Refill(r, nil, false)
	}
	m.check()
	if open := m.in(creating, waits, releasing, works, rests, wakes, ghost, leaving); len(open) > 0 {
		m.t.Fatalf("%d are never released: %+v", len(open), open[0])
	}
	if n := admission.Lanes(m.Control); n != 0 {
		m.t.Errorf("%d lanes are left", n)
	}
}

// Whatever happens in whatever order: never more at work than places, never more
// in a lane than it takes, all in order, nothing forgotten, and counts that are
// zero at the end.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			m := &model{t: t, random: random, places: 1 + random.IntN(6), all: map[string]*execution{}, halted: map[string]bool{},
				rules: map[string]admission.Rule{"a": {Most: 1}, "b": {Most: 3}, "c": {Most: 1, Frees: true}, "d": {Most: 2, Frees: true}}}
			m.Control = admission.New(m.places, 100_000)
			acts := []func(){m.start, m.start, m.start, m.create, m.create, m.create, m.dispatch, m.dispatch, m.land, m.land, m.rest, m.wake, m.wake,
				m.child, m.end, m.end, m.cancelPending, m.halt, m.beginReads, m.endReads}
			for range 1500 {
				acts[random.IntN(len(acts))]()
				if m.check(); t.Failed() {
					return
				}
			}
			m.drain()
		})
	}
}

// A restart in the middle of it: what was open is counted and goes on in order.
func TestModelRestarted(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 11))
			m := &model{t: t, random: random, places: 1 + random.IntN(4), all: map[string]*execution{}, halted: map[string]bool{},
				rules: map[string]admission.Rule{"a": {Most: 1}, "b": {Most: 3}, "c": {Most: 1, Frees: true}}}
			m.Control = admission.New(m.places, 100_000)
			begun := map[string]int{}
			for i := range 300 {
				lane := string(rune('a' + random.IntN(3)))
				x := &execution{name: fmt.Sprintf("%s%05d", lane, i), lane: lane, priority: random.IntN(2), stage: waits}
				if begun[lane] < m.rules[lane].Most && random.IntN(2) == 0 {
					begun[lane]++
					x.stage = rests
				}
				m.all[x.name] = x
				m.made = i + 1
				m.Restore(laneOf(lane), m.rules[lane], x.stage == waits)
			}
			m.check()
			m.drain()
		})
	}
}
