package journal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var fault = &engine.Error{Class: failure.UnknownOutcome, Code: "cut", Message: `a "quoted" word`, Step: "k/a", Path: "4.17.2", Attempts: 3,
	RetryAfter: time.Second, Detail: json.RawMessage(`{"n":1}`), Unknown: true}

var (
	root   = &engine.Root{Execution: "ex_0", Generation: 2}
	unread = []engine.Message{{N: 1, Name: "k/yes", Data: json.RawMessage(`{"x":1}`)}}
)

// records has a record of every type, some of them twice.
func records() []journal.Record {
	return []journal.Record{
		{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Engine: "local", Version: 3, Priority: 7, Input: json.RawMessage(`{"in":1}`)}},
		{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Engine: "local", Private: true, Input: json.RawMessage(`{"in":1}`),
			Parent: &engine.Parent{Execution: "ex_p", Generation: 2, Path: "1"}, Origin: &engine.Origin{Execution: "ex_0", Generation: 2, Fresh: true}, Root: root, Unread: unread}},
		{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Engine: "local", Root: root, Continues: true, Input: json.RawMessage(`{"in":2}`)}},
		{Type: journal.Started, T: 123, Version: 5},
		{Type: journal.StepStarted, Path: "4.17.2", Name: "k/a", Label: `a "table"`, Attempt: 1},
		{Type: journal.StepCompleted, T: 123, Path: "4.17.2", Name: "k/a", Label: "é", Attempt: 2, ReadOnly: true, Duration: 5 * time.Millisecond, Out: json.RawMessage(`[1]`)},
		{Type: journal.StepCompleted, T: 123, Path: "1", Name: "k/a", Attempt: 1, Out: json.RawMessage(`{}`)},
		{Type: journal.StepFailed, T: 123, Path: "4.17.2", Name: "k/a", Label: "é", Attempt: 3, Duration: time.Second, Err: fault},
		{Type: journal.StepRetrying, Path: "4.17.2", Name: "k/a", Label: "é", Attempt: 2, ReadOnly: true, At: 1_700_000_000_123_456, Attempts: 2, Limited: 1, Since: 77, Unknown: true, Err: fault},
		{Type: journal.TimerSet, Path: "3", At: 456},
		{Type: journal.TimerFired, T: 123, Path: "3"},
		{Type: journal.Signal, T: 123, Name: "k/yes", ID: "s1", Out: json.RawMessage(`"x"`)},
		{Type: journal.SignalTaken, Path: "2", Name: "k/yes", N: 4},
		{Type: journal.WaitBegan, Path: "2", Name: "k/yes,k/no", At: 1_700_000_000_123_456},
		{Type: journal.WaitBegan, Path: "2", Name: "k/yes"},
		{Type: journal.ChildStarted, Path: "2", Name: "k/child", Child: "ex_c", Key: "month-7", Origin: "ex_old"},
		{Type: journal.ChildEnded, T: 123, Path: "2", Name: "k/child", Child: "ex_c", State: workflow.Completed, Out: json.RawMessage(`5`)},
		{Type: journal.ChildEnded, T: 123, Path: "2", Name: "k/child", Child: "ex_c", State: workflow.Completed, Out: json.RawMessage(`{}`)},
		{Type: journal.ChildEnded, T: 123, Path: "2", Name: "k/child", Child: "ex_c", State: workflow.Cancelled, Err: fault},
		{Type: journal.Paused, T: 123},
		{Type: journal.Resumed, T: 123},
		{Type: journal.Parked, Reason: workflow.ReasonNeedsReauth, Path: "1", Name: "k/a", Label: "é", Key: "ex/1/1", Err: fault, Unknown: true, At: 1_700_000_000_123_456, Data: json.RawMessage(`{"key":"k"}`)},
		{Type: journal.Parked, Reason: workflow.ReasonFunctionBroken, Name: "k/a", Err: fault, Unknown: true},
		{Type: journal.Parked, Reason: workflow.ReasonNondeterministic, Name: "k/a", Err: fault, Unknown: true},
		{Type: journal.Unparked, T: 123},
		{Type: journal.CancelRequested, T: 123, Reason: journal.Forced},
		{Type: journal.Drained, T: 123},
		{Type: journal.Recovered, T: 123},
		{Type: journal.VersionMarked, Name: "change", N: 2},
		{Type: journal.Compensating, Path: "2", N: 1},
		{Type: journal.Completed, Out: json.RawMessage(`{"out":1}`), Duration: time.Second},
		{Type: journal.Completed, Out: json.RawMessage(`{}`)},
		{Type: journal.Failed, Err: fault},
		{Type: journal.Cancelled, Err: &engine.Error{Code: engine.CodeCancelled}, Reason: journal.Forced},
		{Type: journal.Continued, Begin: &journal.Begin{Function: "k/f", Engine: "local", Version: 3, Priority: 7, Private: true, Parent: &engine.Parent{Execution: "ex_p", Generation: 1, Path: "1"},
			Origin: &engine.Origin{Execution: "ex_0", Generation: 1}, Root: root, Input: json.RawMessage(`{"in":1}`), Generation: 3, StartedAt: 99, Unread: unread, Seen: []string{"s1", "s2"}, Cancelled: true}},
		{Type: journal.Interrupted, Path: "1", Name: "k/a", N: 3, Unknown: true},
		{Type: journal.Answered, Path: "1", Name: "k/a", Verdict: engine.NotDone},
		{Type: journal.Checkpoint, Path: "1", Data: json.RawMessage(`{"row":7}`)},
		{Type: journal.Hurried, Path: "1", Name: "k/a"},
		{Type: journal.Withdrawn, Path: "1", Name: "k/a"},
		{Type: journal.Mended},
		{Type: journal.Fed, Feed: &engine.Feed{Results: map[string]engine.Fed{"1": {What: engine.FedChild, Name: "k/child", Out: json.RawMessage(`1`), Child: "ex_c"}},
			Scopes: map[string]engine.FedScope{"2~": {Root: *root, Undone: true}}, Children: map[string]engine.Unfinished{"3": {Execution: "ex_c", Function: "k/child"}}, Versions: map[string]int{"change": 1}}},
	}
}

// ledgers are those before a record: of the first generation, of a later one, of
// a private execution.
func ledgers() map[string]*journal.Ledger {
	first, later, private := journal.New("ws", "ex"), journal.New("ws", "ex"), journal.New("ws", "ex")
	first.See(&journal.Record{Type: journal.Created, Begin: &journal.Begin{Function: "k/f"}})
	later.See(&journal.Record{Type: journal.Continued, Begin: &journal.Begin{Function: "k/f", Generation: 4}})
	private.See(&journal.Record{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Private: true}})
	return map[string]*journal.Ledger{"first": first, "later": later, "private": private}
}

// stored is the event of a record as a reader gets it.
func stored(r *journal.Record, l *journal.Ledger) *eventstore.Event {
	e := r.Encode(l, eventstore.Meta{})
	return &eventstore.Event{Type: e.Type, Version: 1, Data: e.Data, Journal: e.Journal}
}

func TestRecordsComeBack(t *testing.T) {
	t.Parallel()
	seen := map[journal.Type]bool{}
	for name, l := range ledgers() {
		for _, r := range records() {
			seen[r.Type] = true
			want := r
			if want.Type == journal.Completed || want.Type == journal.Failed || want.Type == journal.Cancelled {
				want.Duration = 0 // only readers of the public data want it
			}
			got, err := journal.Decode(stored(&r, l))
			if err != nil {
				t.Fatalf("%s: %v", r.Type, err)
			}
			ignore := cmpopts.IgnoreFields(journal.Record{}, "Attempt") // of a step that does not say it, it is 1
			if diff := cmp.Diff(&want, got, ignore, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, %s: %s", name, r.Type, diff)
			}
			if r.Attempt != 0 && got.Attempt != r.Attempt {
				t.Errorf("%s, %s: attempt %d, want %d", name, r.Type, got.Attempt, r.Attempt)
			}
		}
	}
	for of := journal.Created; of < journal.Types; of++ {
		if !seen[of] {
			t.Errorf("there is no record of type %s here", of)
		}
	}
}

// The frequent records must stay small, and nothing is stored twice.
func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	l := ledgers()["first"]
	for _, c := range []struct {
		record        journal.Record
		data, journal string
	}{
		{journal.Record{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Engine: "local", Version: 3}}, `{"function":"k/f","engine":"local","version":3}`, ``},
		{journal.Record{Type: journal.Created, Begin: &journal.Begin{Function: "k/f", Engine: "local", Version: 3, Continues: true, Input: []byte(`7`), Shown: []byte(`5`)}},
			`{"function":"k/f","engine":"local","version":3,"input":5}`, `{"begin":{"input":7,"continues":true}}`},
		{journal.Record{Type: journal.Started, T: 12, Version: 3}, `{"version":3}`, `{"t":12}`},
		{journal.Record{Type: journal.StepStarted, Path: "1", Name: "k/a", T: 12}, `{"step":"k/a","path":"1"}`, ``},
		{journal.Record{Type: journal.StepCompleted, Path: "1", Name: "k/a", T: 12, Out: []byte(`{}`)}, `{"step":"k/a","path":"1","duration_ms":0}`, `{"t":12}`},
		{journal.Record{Type: journal.StepCompleted, Path: "1", Name: "k/a", T: 12, Out: []byte(`5`)}, `{"step":"k/a","path":"1","duration_ms":0}`, `{"t":12,"out":5}`},
		{journal.Record{Type: journal.StepFailed, Path: "1", Name: "k/a", T: 12, Err: &engine.Error{Code: "c"}}, `{"step":"k/a","path":"1","duration_ms":0,"error":{"code":"c"}}`, `{"t":12}`},
		{journal.Record{Type: journal.TimerSet, Path: "1", T: 12, At: 34}, ``, `{"path":"1","at":34}`},
		{journal.Record{Type: journal.TimerFired, Path: "1", T: 12}, ``, `{"t":12,"path":"1"}`},
		{journal.Record{Type: journal.WaitBegan, Path: "1", Name: "k/yes", T: 12}, `{"name":"k/yes","path":"1"}`, ``},
		{journal.Record{Type: journal.ChildStarted, Path: "1", Name: "k/c", Child: "ex_c", T: 12}, `{"child":"ex_c","function":"k/c","path":"1"}`, ``},
		{journal.Record{Type: journal.ChildEnded, Path: "1", Name: "k/c", Child: "ex_c", State: workflow.Completed, T: 12, Out: []byte(`{}`)}, `{"child":"ex_c","function":"k/c","path":"1","state":"completed"}`, `{"t":12}`},
		{journal.Record{Type: journal.Compensating, Path: "1", T: 12}, `{"path":"1"}`, ``},
		{journal.Record{Type: journal.Parked, Reason: "r", Path: "1", Name: "k/a", T: 12}, `{"reason":"r","step":"k/a","path":"1"}`, ``},
		{journal.Record{Type: journal.Paused, T: 12}, `{}`, `{"t":12}`},
		{journal.Record{Type: journal.Completed, T: 12, Out: []byte(`5`)}, `{"duration_ms":0,"began":false,"output":5}`, ``},
	} {
		e := c.record.Encode(l, eventstore.Meta{})
		if string(e.Data) != c.data || string(e.Journal) != c.journal {
			t.Errorf("%s: %s and %s\nwant %s and %s", c.record.Type, e.Data, e.Journal, c.data, c.journal)
		}
	}
}

func TestGenerationsArePublic(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"first": false, "later": true} {
		l := ledgers()[name]
		for _, r := range records() {
			switch r.Type {
			case journal.Started, journal.StepStarted, journal.StepCompleted, journal.StepFailed, journal.StepRetrying, journal.WaitBegan, journal.ChildStarted, journal.ChildEnded, journal.Parked:
				if e := r.Encode(l, eventstore.Meta{}); strings.Contains(string(e.Data), `"generation":4`) != want {
					t.Errorf("%s, %s: %s", name, r.Type, e.Data)
				}
			}
		}
	}
}

func TestNothingPrivateIsPublic(t *testing.T) {
	t.Parallel()
	const canary = `"canary"`
	in := json.RawMessage(canary)
	l := ledgers()["private"]
	for _, r := range []journal.Record{
		{Type: journal.Created, Begin: &journal.Begin{Private: true, Input: in, Unread: []engine.Message{{Data: in}}}},
		{Type: journal.Continued, Begin: &journal.Begin{Private: true, Input: in}},
		{Type: journal.StepCompleted, Out: in}, {Type: journal.Signal, Out: in}, {Type: journal.ChildEnded, Out: in},
		{Type: journal.Checkpoint, Data: in}, {Type: journal.Parked, Data: in}, {Type: journal.Completed, Out: in},
		{Type: journal.Fed, Feed: &engine.Feed{Results: map[string]engine.Fed{"1": {Out: in}}}},
	} {
		e := r.Encode(l, eventstore.Meta{})
		if strings.Contains(string(e.Data), canary) || !strings.Contains(string(e.Journal), canary) {
			t.Errorf("%s: %s and %s", r.Type, e.Data, e.Journal)
		}
	}
}

func TestPrivateTypesAreNamedSo(t *testing.T) {
	t.Parallel()
	public := map[string]bool{}
	for _, name := range engine.EventTypes() {
		public[name] = true
	}
	for of := journal.Created; of < journal.Types; of++ {
		if !public[of.String()] && of.String() == "" {
			t.Errorf("type %d has no name", of)
		}
		if private := strings.HasPrefix(of.String(), eventstore.PrivatePrefix); private == public[of.String()] {
			t.Errorf("%s is private: %t, declared public: %t", of, private, public[of.String()])
		}
	}
}

func TestWhatDoesNotDecode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event eventstore.Event
		want  string
	}{
		"a later version":  {eventstore.Event{Type: engine.EventPaused, Version: 7, Data: []byte(`{}`), Journal: []byte(fmt.Sprintf(`{"v":%d}`, journal.Version+1))}, "record 7 of //  has version 2"},
		"broken journal":   {eventstore.Event{Type: engine.EventPaused, Version: 7, Data: []byte(`{}`), Journal: []byte(`{`)}, "record 7"},
		"broken beginning": {eventstore.Event{Type: engine.EventCreated, Version: 1, Data: []byte(`{"version":"x"}`)}, "record 1"},
		"broken wait":      {eventstore.Event{Type: engine.EventWaiting, Version: 2, Data: []byte(`{"until":5}`)}, "record 2"},
		"broken child":     {eventstore.Event{Type: engine.EventChildEnded, Version: 2, Data: []byte(`{"child":5}`)}, "record 2"},
		"broken parking":   {eventstore.Event{Type: engine.EventParked, Version: 2, Data: []byte(`{"path":5}`)}, "record 2"},
		"broken error":     {eventstore.Event{Type: engine.EventFailed, Version: 2, Data: []byte(`{"error":5}`)}, "record 2"},
	} {
		_, err := journal.Decode(&c.event)
		want := strings.ReplaceAll(c.want, "//  ", "// ")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := journal.Decode(&eventstore.Event{Type: "airtable_sync.batch_written", Data: []byte(`[]`), Journal: []byte(`{`)}); err != nil || r.Type != journal.Other {
		t.Errorf("a domain event is %v (%v)", r, err)
	}
	if _, err := journal.Decode(&eventstore.Event{Type: engine.EventPaused, Data: []byte(`{}`), Journal: []byte(fmt.Sprintf(`{"v":%d}`, journal.Version))}); err != nil {
		t.Error(err)
	}
}

func TestKindsOfRecords(t *testing.T) {
	t.Parallel()
	for of := journal.Created; of < journal.Types; of++ {
		if of.IsCommand() && of.IsNote() || of.IsEnd() && !of.IsCommand() {
			t.Errorf("%s is two things", of)
		}
		if of.IsEnd() != engine.IsEnd(of.String()) {
			t.Errorf("%s is an end: %t", of, of.IsEnd())
		}
	}
	if got := journal.StepStarted.Verb(); got != "step_started" {
		t.Errorf("the verb is %s", got)
	}
}
