package machine_test

import (
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

// counted is an input that counts how often it was encoded.
type counted struct{ times *int }

func (c counted) MarshalJSON() ([]byte, error) {
	*c.times++
	return []byte("1"), nil
}

func TestMatchComparesKindPathAndName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind       machine.CommandType
		path, step string
		want       string
	}{
		"equal":        {machine.StepStarted, "1", "t/a", ""},
		"another kind": {machine.TimerSet, "1", "t/a", "timer_set of t/a at 1 but step_started of t/a at 1"},
		"another path": {machine.StepStarted, "2", "t/a", "step_started of t/a at 2 but step_started of t/a at 1"},
		"another name": {machine.StepStarted, "1", "t/b", "step_started of t/b at 1 but step_started of t/a at 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.machine(func(run engine.Run) (int, error) { return b.a.Do(run, 1) }, machine.Options{Replaying: true})
			m.Start(epoch)
			command, why := m.Match(c.kind, c.path, c.step)
			got := ""
			if why != nil {
				got = why.Recorded + " but " + why.Got
			}
			if got != c.want {
				t.Errorf("%s, want %q", got, c.want)
			}
			if (m.Next() == nil) != (why == nil) || why == nil && command.Wait != m.Wait("1") {
				t.Errorf("left: %+v", m.Next())
			}
		})
	}
}

func TestMatchWithNothingAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) { return b.read.Do(run, 1) }, machine.Options{Replaying: true})
	m.Start(epoch)
	if _, why := m.Match(machine.TimerSet, "2", ""); why == nil || why.Got != "step t/read at 1 and nothing further" {
		t.Errorf("%+v", why)
	}
	done(m, "1", "t/read", 1)
	if c, why := m.Match(machine.Completed, "", ""); why != nil || string(c.Out) != "1" {
		t.Errorf("%+v, %v", c, why)
	}
	if _, why := m.Match(machine.TimerSet, "2", ""); why == nil || why.Got != "nothing further" {
		t.Errorf("%+v", why)
	}
}

// The replay is the live path: the same inputs lead to the same commands, records
// and draws.
func TestReplayDoesTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var drawn [2]string
	var counts [2][]int
	life := 0
	fn := func(run engine.Run) (int, error) {
		note := func() { counts[life] = append(counts[life], 1); drawn[life] += run.UUID() + run.Now().String() }
		note()
		_, err := engine.Map(run, 2, []int{0, 1, 2}, func(run engine.Run, i int) (int, error) {
			note()
			n, err := b.a.Do(run, i)
			note()
			return n, err
		})
		if err != nil {
			return 0, err
		}
		note()
		return 0, run.Sleep(time.Hour)
	}
	feed := func(m *machine.Machine) {
		m.Start(epoch)
		done(m, "1.1.1", "t/a", 1)
		m.Signal(epoch.Add(time.Second), "t/yes", nil)
		done(m, "1.0.1", "t/a", 1)
		done(m, "1.2.1", "t/a", 1)
	}
	live := b.machine(fn)
	feed(live)
	commands, _, _ := live.Take()
	life = 1
	again := b.machine(fn, machine.Options{Replaying: true})
	feed(again)
	for _, c := range commands {
		if _, why := again.Match(c.Type, c.Path, c.Name); why != nil {
			t.Fatalf("%+v", why)
		}
	}
	if again.Next() != nil || again.Records() != live.Records() {
		t.Errorf("left %+v; %d records, live %d", again.Next(), again.Records(), live.Records())
	}
	if drawn[0] != drawn[1] || len(counts[0]) != len(counts[1]) {
		t.Errorf("drawn %s and %s", drawn[0], drawn[1])
	}
}

// What a replay waits for says with which record it began to wait.
func TestWaitsKnowTheirRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) {
		return 0, engine.All(run,
			func(run engine.Run) error { _, err := b.read.Do(run, 1); return err },
			func(run engine.Run) error {
				for range 3 {
					if _, err := b.read.Do(run, 2); err != nil {
						return err
					}
				}
				return nil
			})
	}, machine.Options{Replaying: true})
	m.Replays(2)
	m.Start(epoch)
	m.Replays(5)
	done(m, "1.1.1", "t/read", 1)
	m.Live()
	if first, second := m.Wait("1.0.1").Record, m.Wait("1.1.2").Record; first != 2 || second != 5 {
		t.Errorf("records %d and %d", first, second)
	}
	done(m, "1.1.2", "t/read", 1)
	if w := m.Wait("1.1.3"); w.Record != 0 {
		t.Errorf("a call of now has record %d", w.Record)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var seen []int
	fn := func(newest int) func(engine.Run) (int, error) {
		return func(run engine.Run) (int, error) {
			seen = nil
			for range 2 {
				seen = append(seen, run.Version("change", newest))
				if err := run.Sleep(time.Hour); err != nil {
					return 0, err
				}
			}
			return 0, nil
		}
	}
	for name, c := range map[string]struct {
		o    machine.Options
		want []int
		says string
	}{
		"live":                     {machine.Options{}, []int{2, 2}, "version_marked of change #2, timer_set at 1"},
		"marked":                   {machine.Options{Replaying: true, Versions: map[string]int{"change": 1}}, []int{1, 1}, "version_marked of change #1, timer_set at 1"},
		"older":                    {machine.Options{Replaying: true}, []int{0, 0}, "timer_set at 1"},
		"inherited":                {machine.Options{Feed: &machine.Feed{Versions: map[string]int{"change": 1}}}, []int{1, 1}, "version_marked of change #1, timer_set at 1"},
		"not passed by the origin": {machine.Options{Feed: &machine.Feed{}}, []int{2, 2}, "version_marked of change #2, timer_set at 1"},
	} {
		m := b.machine(fn(2), c.o)
		m.Start(epoch)
		b.says(m, c.says)
		m.Live()
		m.TimerFired(epoch, "1")
		if len(seen) != 2 || seen[0] != c.want[0] || seen[1] != c.want[1] {
			t.Errorf("%s: %v, want %v", name, seen, c.want)
		}
	}
}
