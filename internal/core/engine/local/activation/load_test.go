package activation_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// alone is the owner of an execution of which nothing is on its way.
type alone struct{}

func (alone) BeginsWith() (int64, error) { return 0, nil }
func (alone) AwaitCommits()              {}

// began is when the process began, in the third of four records.
const began = 100

// load returns the state of an execution that has the records. Those up to head
// are an earlier process's.
func load(t *testing.T, reg *engine.Registry, head int, records ...*journal.Record) *activation.State {
	t.Helper()
	entries := []journal.Entry{{Record: &journal.Record{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Engine: "local"}}}}
	for _, r := range records {
		entries = append(entries, journal.Entry{Record: r})
	}
	for i := range entries {
		entries[i].Version, entries[i].Position = int64(i+1), int64(i+1)*10
	}
	host := &activation.Host{Engine: "local", Registry: reg, Log: slog.New(slog.DiscardHandler), Progress: func(engine.Info, engine.Progress) {},
		Read: func(string, string, int64) ([]journal.Entry, error) { return entries, nil }, Context: context.Background(), Began: began, Head: int64(head) * 10}
	s := activation.New(host, alone{}, "ws", "ex")
	t.Cleanup(s.Unload)
	why, err := s.Load()
	if why != nil || err != nil {
		t.Fatalf("%+v, %v", why, err)
	}
	return s
}

// functions registers one that runs a step with effects, and one that only reads.
func functions(readOnly bool) *engine.Registry {
	reg := engine.NewRegistry()
	step := engine.NewStep(reg, "k/a", engine.StepOptions[int]{ReadOnly: readOnly}, func(context.Context, int) (int, error) { return 0, errors.New("a state runs no steps") })
	engine.NewWorkflow(reg, "k/f", func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	return reg
}

// Which steps an earlier process may have been running is read from the records.
func TestWhatAnEarlierProcessWasDoing(t *testing.T) {
	t.Parallel()
	started, called := &journal.Record{Type: journal.Started}, &journal.Record{Type: journal.StepStarted, Path: "1", Name: "k/a"}
	note := func(of journal.Type) *journal.Record { return &journal.Record{Type: of, Path: "1", Name: "k/a"} }
	retry := func(at int64) *journal.Record {
		return &journal.Record{Type: journal.StepRetrying, Path: "1", Name: "k/a", At: at}
	}
	parked := &journal.Record{Type: journal.Parked, Path: "1", Name: "k/a", Reason: workflow.ReasonNeedsReauth}
	notDone := &journal.Record{Type: journal.Answered, Path: "1", Name: "k/a", Verdict: engine.NotDone}
	gate := func(of journal.Type) *journal.Record { return &journal.Record{Type: of} }
	result := &journal.Record{Type: journal.StepCompleted, Path: "1", Name: "k/a", Out: json.RawMessage("1")}
	for name, c := range map[string]struct {
		head    int // of the records, with the created one
		records []*journal.Record
		want    bool
	}{
		"called":                   {3, []*journal.Record{called}, true},
		"called now":               {1, []*journal.Record{called}, false},
		"interrupted now":          {3, []*journal.Record{called, note(journal.Interrupted)}, false},
		"interrupted before":       {4, []*journal.Record{called, note(journal.Interrupted)}, true},
		"saved now":                {3, []*journal.Record{called, note(journal.Checkpoint)}, false},
		"retry was due":            {4, []*journal.Record{called, retry(began)}, true},
		"retry comes":              {4, []*journal.Record{called, retry(began + 1)}, false},
		"failed now, retry due":    {3, []*journal.Record{called, retry(began)}, false},
		"parked":                   {4, []*journal.Record{called, parked}, false},
		"unparked":                 {5, []*journal.Record{called, parked, gate(journal.Unparked)}, true},
		"unparked now":             {4, []*journal.Record{called, parked, gate(journal.Unparked)}, false},
		"unparked in a pause":      {6, []*journal.Record{called, parked, gate(journal.Paused), gate(journal.Unparked)}, false},
		"unparked, resumed":        {7, []*journal.Record{called, parked, gate(journal.Paused), gate(journal.Unparked), gate(journal.Resumed)}, true},
		"not done":                 {5, []*journal.Record{called, parked, notDone}, false},
		"not done, unparked":       {6, []*journal.Record{called, parked, notDone, gate(journal.Unparked)}, true},
		"paused":                   {4, []*journal.Record{called, gate(journal.Paused)}, true},
		"its result is held":       {5, []*journal.Record{called, gate(journal.Paused), result}, false},
		"not begun":                {5, []*journal.Record{called, gate(journal.Drained), note(journal.Withdrawn)}, false},
		"not begun, then it was":   {6, []*journal.Record{called, gate(journal.Drained), note(journal.Withdrawn), gate(journal.Recovered)}, true},
		"not begun, recovered now": {5, []*journal.Record{called, gate(journal.Drained), note(journal.Withdrawn), gate(journal.Recovered)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := load(t, functions(false), c.head, append([]*journal.Record{started}, c.records...)...)
			n := s.Ledger.Notes["1"]
			if got := n != nil && n.Left; got != c.want {
				t.Errorf("it was in progress: %t, want %t (%+v)", got, c.want, n)
			}
		})
	}
}

// A step that only reads leaves no intent: the record that led to it counts.
func TestWhatAnEarlierProcessWasReading(t *testing.T) {
	t.Parallel()
	for head, want := range map[int]bool{1: false, 2: true} {
		s := load(t, functions(true), head, &journal.Record{Type: journal.Started})
		n := s.Ledger.Notes["1"]
		if got := n != nil && n.Left; got != want {
			t.Errorf("with %d records of before, it was in progress: %t", head, got)
		}
	}
}

func TestLoadKnowsWhereItStands(t *testing.T) {
	t.Parallel()
	s := load(t, functions(false), 0, &journal.Record{Type: journal.Started}, &journal.Record{Type: journal.StepStarted, Path: "1", Name: "k/a"})
	if s.Position != 30 || s.Ledger.Version != 3 || s.Ledger.From != 1 || s.Machine == nil {
		t.Errorf("position %d, version %d, from %d", s.Position, s.Ledger.Version, s.Ledger.From)
	}
	if at := s.NextWake(time.UnixMicro(began)); at != 0 {
		t.Errorf("it is woken at %d", at)
	}
}
