package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestErrorCrossesByClassAndCode(t *testing.T) {
	inner := failure.Wrap(io.ErrUnexpectedEOF, failure.UnknownOutcome, "cut", "the answer was cut off")
	inner.Detail = []byte(`{"n":1}`)
	e := engine.AsError(fmt.Errorf("write batch: %w", inner))
	want := &engine.Error{Class: failure.UnknownOutcome, Code: "cut", Message: "write batch: the answer was cut off", Detail: []byte(`{"n":1}`)}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	for _, target := range []error{&engine.Error{Code: "cut"}, &engine.Error{Class: failure.UnknownOutcome}, &failure.Error{Class: failure.UnknownOutcome, Code: "cut"}} {
		if !errors.Is(e, target) {
			t.Errorf("errors.Is(%v) is false", target)
		}
	}
	if errors.Is(e, engine.ErrCancelled) || failure.ClassOf(e) != failure.UnknownOutcome || failure.CodeOf(e) != "cut" {
		t.Errorf("class %s, code %s", failure.ClassOf(e), failure.CodeOf(e))
	}
	inner.RetryAfter = time.Minute
	var back *failure.Error
	if e := engine.AsError(inner); !errors.As(e, &back) || back.RetryAfter != time.Minute || string(back.Detail) != `{"n":1}` || back.Message != e.Message {
		t.Errorf("it comes back as %+v", back)
	}
	if e := engine.AsError(errors.New("surprise")); e.Class != failure.Fatal {
		t.Errorf("an unclassified error is %s", e.Class)
	}
	if engine.AsError(nil) != nil {
		t.Error("nil is an error")
	}
}

func TestAnErrorIsBounded(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("é", 2<<20)
	detail, _ := json.Marshal(huge)
	wire, _ := json.Marshal(map[string]any{"class": "fatal", "code": huge, "message": huge, "detail": huge})
	var decoded engine.Error
	if err := json.Unmarshal(wire, &decoded); err != nil {
		t.Fatal(err)
	}
	for how, e := range map[string]*engine.Error{
		"unclassified": engine.AsError(errors.New(huge)),
		"classified":   engine.AsError(&failure.Error{Class: failure.Fatal, Code: huge, Message: huge, Detail: detail}),
		"own":          engine.AsError(&engine.Error{Class: failure.Fatal, Code: huge, Message: huge, Detail: detail}),
		"wrapped":      engine.AsError(fmt.Errorf("%s: %w", huge, &engine.Error{Class: failure.Fatal})),
		"decoded":      &decoded,
	} {
		raw, _ := json.Marshal(e)
		if len(raw) > engine.MaxMessageBytes+engine.MaxDetailBytes || !utf8.ValidString(e.Message) || !strings.Contains(e.Message, "é… (4194") {
			t.Errorf("%s: %d bytes, ends with %q", how, len(raw), e.Message[len(e.Message)-30:])
		}
		if e.Detail != nil && string(e.Detail) != `{"dropped_bytes":4194306}` {
			t.Errorf("%s: detail of %d bytes", how, len(e.Detail))
		}
	}
	fits := &failure.Error{Class: failure.Fatal, Message: huge[:engine.MaxMessageBytes], Detail: append(detail[:engine.MaxDetailBytes-1:engine.MaxDetailBytes-1], '"')}
	if e := engine.AsError(fits); e.Message != fits.Message || string(e.Detail) != string(fits.Detail) {
		t.Errorf("what fits was cut to %d bytes, and a detail of %d", len(e.Message), len(e.Detail))
	}
}

func TestRetryByClass(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name     string
		class    failure.Class
		code     string
		after    time.Duration
		readOnly bool
		used     engine.Used
		want     time.Duration // at chance 0.5
		again    bool
	}{
		{"transient first", failure.Transient, "", 0, false, engine.Used{Attempts: 1}, second / 2, true},
		{"transient fourth", failure.Transient, "", 0, false, engine.Used{Attempts: 4}, 4 * second, true},
		{"transient at its cap", failure.Transient, "", 0, false, engine.Used{Attempts: 20}, 50 * second, true},
		{"transient used up", failure.Transient, "", 0, false, engine.Used{Attempts: 25}, 0, false},
		{"transient for a day", failure.Transient, "", 0, false, engine.Used{Attempts: 3, Elapsed: 24 * time.Hour}, 0, false},
		{"limited asks", failure.RateLimited, "", 30 * second, false, engine.Used{Limited: 100}, 31*second + second/2, true},
		{"limited does not ask", failure.RateLimited, "", 0, false, engine.Used{Limited: 1}, 5250 * time.Millisecond, true},
		{"limited for a day", failure.RateLimited, "", second, false, engine.Used{Elapsed: 25 * time.Hour}, 0, false},
		{"limited asks for what is left", failure.RateLimited, "", time.Hour, false, engine.Used{Elapsed: 23 * time.Hour}, time.Hour, true},
		{"limited asks for more than is left", failure.RateLimited, "", time.Hour + 1, false, engine.Used{Elapsed: 23 * time.Hour}, 0, false},
		{"limited asks for days", failure.RateLimited, "", 264 * time.Hour, false, engine.Used{Limited: 1}, 0, false},
		{"limited asks for centuries", failure.RateLimited, "", 1<<63 - 1, false, engine.Used{Limited: 1}, 0, false},
		{"limited asks for the past", failure.RateLimited, "", -1 << 63, false, engine.Used{Limited: 1}, 5250 * time.Millisecond, true},
		{"limited, the clock was set back", failure.RateLimited, "", 25 * time.Hour, false, engine.Used{Elapsed: -1 << 63}, 0, false},
		{"transient asks for centuries", failure.Transient, "", 1<<63 - 1, false, engine.Used{Attempts: 1}, 0, false},
		{"transient asks for what is left", failure.Transient, "", time.Hour, false, engine.Used{Attempts: 1, Elapsed: 23 * time.Hour}, time.Hour, true},
		{"transient asks for more than is left", failure.Transient, "", time.Hour, false, engine.Used{Attempts: 1, Elapsed: 23*time.Hour + 1}, 0, false},
		{"conflict", failure.Conflict, "", 0, false, engine.Used{Attempts: 1}, 25 * time.Millisecond, true},
		{"conflict used up", failure.Conflict, "", 0, false, engine.Used{Attempts: 10}, 0, false},
		{"unknown outcome", failure.UnknownOutcome, "", 0, false, engine.Used{Attempts: 1}, second / 2, true},
		{"validation", failure.Validation, "", 0, false, engine.Used{Attempts: 1}, 0, false},
		{"auth", failure.Auth, "", 0, false, engine.Used{Attempts: 1}, 0, false},
		{"fatal", failure.Fatal, "", 0, false, engine.Used{Attempts: 1}, 0, false},
		{"panic", failure.Fatal, engine.CodePanic, 0, false, engine.Used{Attempts: 2}, second, true},
		{"panic used up", failure.Fatal, engine.CodePanic, 0, false, engine.Used{Attempts: 3}, 0, false},
	} {
		got, again := engine.Retry{}.Next(&engine.Error{Class: c.class, Code: c.code, RetryAfter: c.after}, c.readOnly, c.used, 0.5)
		if got != c.want || again != c.again {
			t.Errorf("%s: %s, %v; want %s, %v", c.name, got, again, c.want, c.again)
		}
	}
}

// Whoever only reads cannot have had an effect: an outcome that is unknown is
// tried again as a failure that passes.
func TestAnUnknownOutcomeOfAReadIsTransient(t *testing.T) {
	t.Parallel()
	r := engine.Retry{Transient: engine.Policy{Attempts: 5}, UnknownOutcome: engine.Policy{Attempts: 3}}
	for readOnly, attempts := range map[bool]int{true: 5, false: 3} {
		for used, want := range map[int]bool{attempts - 1: true, attempts: false} {
			_, again := r.Next(&engine.Error{Class: failure.UnknownOutcome}, readOnly, engine.Used{Attempts: used}, 0.5)
			if again != want {
				t.Errorf("after %d attempts, read only %v, it is tried again: %v", used, readOnly, again)
			}
		}
	}
}

// Whatever a step's policy and the other side say, a wait is never negative, and
// never ends after the time in which the step is tried.
func TestAWaitIsNeverNegative(t *testing.T) {
	t.Parallel()
	durations := []time.Duration{-1 << 63, -1, 0, 1, time.Hour, 1<<62 + 1, 1<<63 - 1}
	for _, class := range []failure.Class{failure.Transient, failure.RateLimited, failure.Conflict, failure.UnknownOutcome} {
		for _, a := range durations {
			for _, b := range durations {
				p := engine.Policy{Base: a, Cap: b, Factor: 1e6, Within: 1<<63 - 1}
				r := engine.Retry{Transient: p, RateLimited: p, Conflict: p, UnknownOutcome: p}
				for _, used := range []engine.Used{{Attempts: 1}, {Attempts: 9, Limited: 1000, Elapsed: b}} {
					got, again := r.Next(&engine.Error{Class: class, RetryAfter: a}, false, used, 0.999999)
					if got < 0 || again && got > p.Within-max(0, used.Elapsed) {
						t.Errorf("%s, base and asked %d, cap %d, %+v: %d", class, a, b, used, got)
					}
				}
			}
		}
	}
}

func TestPublicDataOfEvents(t *testing.T) {
	t.Parallel()
	e := &engine.Error{Class: failure.Transient, Code: "down", Message: "a \"quoted\" word", Step: "p/s", Path: "1"}
	s := &engine.StepEvent{Step: "p/s", Path: "1.0.2", Label: "a \"table\"", Generation: 3, Attempt: 2, ReadOnly: true, Duration: 1500 * time.Microsecond, Error: e, NextAt: time.Unix(1, 2000).UTC()}
	plain := &engine.StepEvent{Step: "p/s", Path: "1", Generation: 1, Attempt: 1}
	created := &engine.Created{Function: "p/f", Engine: "local", Version: 4, Priority: 2, Input: []byte(`{"n":1}`)}
	with := func(extra string) string { c := *created; c.Extra = []byte(extra); return string(c.Encode()) }
	head := `{"function":"p/f","engine":"local","version":4,"priority":2,"input":{"n":1}`
	fault := `,"error":{"class":"transient","code":"down","message":"a \"quoted\" word","step":"p/s","path":"1"}}`
	step := `{"step":"p/s","path":"1.0.2","label":"a \"table\"","generation":3,"attempt":2,"read_only":true`
	for name, c := range map[string][2]string{
		"created":  {with(` {"trigger":{"type":"api"}} `), head + `,"trigger":{"type":"api"}}`},
		"nothing":  {with(`{ }`), head + `}`},
		"begun":    {string(engine.EncodeStarted(4, 1)), `{"version":4}`},
		"again":    {string(engine.EncodeStarted(4, 2)), `{"version":4,"generation":2}`},
		"plain":    {string(engine.EncodeStep(engine.EventStepStarted, plain)), `{"step":"p/s","path":"1"}`},
		"started":  {string(engine.EncodeStep(engine.EventStepStarted, s)), step + fault},
		"ended":    {string(engine.EncodeStep(engine.EventStepFailed, s)), step + `,"duration_ms":1` + fault},
		"retrying": {string(engine.EncodeStep(engine.EventStepRetrying, s)), step + `,"class":"transient","code":"down","message":"a \"quoted\" word","next_at":"1970-01-01T00:00:01.000002Z"` + fault},
		"parked":   {string(engine.EncodeEvent(engine.Parked{Reason: "needs_reauth", Step: "p/s", Path: "1", Error: e})), `{"reason":"needs_reauth","step":"p/s","path":"1"` + fault},
		"end":      {string(engine.EncodeEnded(true, []byte(`{"n":1}`), nil, 2*time.Second)), `{"duration_ms":2000,"output":{"n":1}}`},
		"no end":   {string(engine.EncodeEnded(true, []byte(`{}`), nil, 0)), `{"duration_ms":0}`},
	} {
		if diff := cmp.Diff(c[1], c[0]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestStepEventsComeBack(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{engine.EventStepStarted, engine.EventStepCompleted, engine.EventStepFailed, engine.EventStepRetrying} {
		s := engine.StepEvent{Step: "p/s", Path: "1.0.2", Label: "é\n", Generation: 2, Attempt: 7, ReadOnly: true,
			Error: &engine.Error{Class: failure.Conflict, Code: "c", Message: "m,}"}}
		want := engine.StepEvent{Step: s.Step, Path: s.Path, Label: s.Label, Generation: 2, Attempt: 7, ReadOnly: true,
			Failure: json.RawMessage(`{"class":"conflict","code":"c","message":"m,}"}`), Class: "conflict"}
		switch typ {
		case engine.EventStepCompleted, engine.EventStepFailed:
			s.Duration, want.Duration = 2500*time.Microsecond, 2*time.Millisecond
		case engine.EventStepRetrying:
			s.NextAt = time.Unix(5, 7000).UTC()
			want.NextAt = s.NextAt
		}
		if diff := cmp.Diff(want, engine.DecodeStep(engine.EncodeStep(typ, &s))); diff != "" {
			t.Errorf("%s: %s", typ, diff)
		}
	}
	if got := engine.DecodeStep([]byte(`{"step":"p/s","path":"1"}`)); got.Generation != 1 || got.Attempt != 1 || got.ReadOnly {
		t.Errorf("what is left out comes back as %+v", got)
	}
}

func TestShownPutsBackWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	labels := engine.Labels{Kind: "k\"ind", Definition: "wf_1"}.Encode()
	for _, c := range []struct{ typ, data, want string }{
		{engine.EventPaused, `{}`, `{"kind":"k\"ind","definition":"wf_1"}`},
		{engine.EventStepStarted, `{"step":"p/s","path":"1"}`, `{"kind":"k\"ind","definition":"wf_1","step":"p/s","path":"1","generation":1,"attempt":1,"read_only":false}`},
		{engine.EventStepFailed, `{"step":"p/s","path":"1","generation":2,"attempt":3,"read_only":true}`, `{"kind":"k\"ind","definition":"wf_1","step":"p/s","path":"1","generation":2,"attempt":3,"read_only":true}`},
		{"k.happened", `{"n":1}`, `{"kind":"k\"ind","definition":"wf_1","n":1}`},
	} {
		if got := string(engine.Shown(c.typ, labels, []byte(c.data))); got != c.want {
			t.Errorf("%s: %s, want %s", c.typ, got, c.want)
		}
	}
	if got := string(engine.Shown(engine.EventPaused, nil, nil)); got != `{}` {
		t.Errorf("nothing becomes %s", got)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{"airtablesync/fetch_page": true, "a/b/c-1": true, "noslash": false, "a.b/c": false, "A/b": false, "/a": false, "a/": false, "": false} {
		r := engine.NewRegistry()
		engine.NewSignal[int](r, name)
		if (r.Err() == nil) != ok {
			t.Errorf("%q: %v", name, r.Err())
		}
	}
}

// On the stream they share, an event of a step must not be taken for a record of the engine.
func TestDomainEventsAreNamedAfterTheirKind(t *testing.T) {
	ctx := engine.WithAttempt(t.Context(), &engine.Attempt{})
	for name, ok := range map[string]bool{"airtable_sync.run_completed": true, "a.b.c": true, "": false, "plain": false, "A.b": false,
		engine.EventCompleted: false, "execution.mine": false, "journal.mine": false} {
		if err := engine.Record(ctx, engine.Event{Type: name}); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
