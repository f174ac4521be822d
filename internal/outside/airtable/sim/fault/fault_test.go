package fault_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/fault"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
)

// setup is an injector with a plan.
func setup(t *testing.T, plan string) *fault.Injector {
	t.Helper()
	p, err := fault.Parse([]byte(plan))
	if err != nil {
		t.Fatal(err)
	}
	i := &fault.Injector{}
	i.Set(p)
	return i
}

func TestPlansThatCannotMeanAnythingAreRefused(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"faults":[{"fault":"drop"},{"fault":"explode"}]}`: `faults[1].fault is "explode"; write one of bad_gateway, unavailable, drop, delay`,
		`{"faults":[{}]}`:                                       `faults[0].fault is ""`,
		`{"faults":[{"fault":"drop","nth":-1}]}`:                "faults[0] has a negative number",
		`{"faults":[{"fault":"drop","times":-2}]}`:              "faults[0] has a negative number",
		`{"faults":[{"fault":"delay","delay_ms":-1}]}`:          "faults[0] has a negative number",
		`{"faults":[{"fault":"unavailable","retry_after":-1}]}`: "faults[0] has a negative number",
		`{"quota_remaining":-1}`:                                "write 0 for an exhausted quota or null for none",
		`{"upsert_answer":"wrong"}`:                             `upsert_answer is "wrong"; write short, long or ""`,
		`{"fault":[]}`:                                          `unknown field "fault"`,
		`{"faults":[{"fault":"drop","every":2}]}`:               `unknown field "every"`,
		`nonsense`: "invalid character",
	} {
		if _, err := fault.Parse([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", body, err, want)
		}
	}
	if _, err := fault.Parse([]byte(`{"faults":[{"fault":"drop","times":-1,"nth":0}],"quota_remaining":0}`)); err != nil {
		t.Errorf("a sound plan is refused: %v", err)
	}
}

func TestWhichCallsARuleMeets(t *testing.T) {
	t.Parallel()
	call := fault.Call{Method: "PATCH", Path: "/v0/app1/a%2Fb/", Operation: "update_records"}
	for rule, want := range map[string]bool{
		`{}`:                                 true,
		`{"method":"PATCH"}`:                 true,
		`{"method":"GET"}`:                   false,
		`{"operation":"update_records"}`:     true,
		`{"operation":"update"}`:             false,
		`{"path":"/v0/app1/a%2Fb"}`:          true, // without the last slash
		`{"path":"/v0/app1/a%2Fb/"}`:         false,
		`{"path":"/v0/*"}`:                   true,
		`{"path":"/v0/app1"}`:                false,
		`{"path":"*"}`:                       true,
		`{"path":"*b"}`:                      true,
		`{"path":"*/app1"}`:                  false,
		`{"path":"/*/app1/*b"}`:              true,
		`{"path":"/*app1*app1*"}`:            false,
		`{"path":"/v0/*","method":"PATCH"}`:  true,
		`{"path":"/v0/*","method":"DELETE"}`: false,
	} {
		var parts map[string]string
		if err := json.Unmarshal([]byte(rule), &parts); err != nil {
			t.Fatal(err)
		}
		parts["fault"] = "drop"
		plan, err := json.Marshal(map[string]any{"faults": []any{parts}})
		if err != nil {
			t.Fatal(err)
		}
		if got := setup(t, string(plan)).Next(call).DropsResponse(); got != want {
			t.Errorf("%s: got %v", rule, got)
		}
	}
}

func TestNthAndTimes(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`{"fault":"drop"}`:                                     "X....",
		`{"fault":"drop","nth":3}`:                             "..X..",
		`{"fault":"drop","nth":2,"times":2}`:                   ".XX..",
		`{"fault":"drop","nth":2,"times":-1}`:                  ".XXXX",
		`{"fault":"drop","method":"GET"}`:                      ".....",
		`{"fault":"drop"},{"fault":"drop"}`:                    "X....", // the second counts the call that the first one met
		`{"fault":"delay"},{"fault":"drop"}`:                   ".....", // the first that meets a call is taken
		`{"fault":"delay","nth":2},{"fault":"drop","times":3}`: "X.X..",
	} {
		i, got := setup(t, `{"faults":[`+rule+`]}`), ""
		for range 5 {
			if i.Next(fault.Call{Method: "POST"}).DropsResponse() {
				got += "X"
			} else {
				got += "."
			}
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", rule, got, want)
		}
	}
}

func TestAPlanShowsItsCountersAndSetStartsAfresh(t *testing.T) {
	t.Parallel()
	i := setup(t, `{"faults":[{"fault":"drop","seen":9,"met":9},{"fault":"drop","nth":2,"times":-1}],"revoked_tokens":["a"],"quota_remaining":1}`)
	for range 3 {
		i.Next(fault.Call{})
	}
	i.Spend()
	shown := i.Plan()
	left := 0
	want := fault.Plan{Faults: []fault.Rule{{Nth: 1, Times: 1, Fault: fault.Drop, Seen: 3, Met: 1}, {Nth: 2, Times: -1, Fault: fault.Drop, Seen: 3, Met: 2}},
		RevokedTokens: []string{"a"}, QuotaRemaining: &left, Set: quirk.Set{}.Clone()}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	shown.Faults[0].Seen, shown.RevokedTokens[0], *shown.QuotaRemaining = 99, "b", 99
	if diff := cmp.Diff(want, i.Plan()); diff != "" {
		t.Errorf("a copy changes the plan: %s", diff)
	}
	i.Set(shown)
	shown.Faults[1].Fault = fault.Delay
	if again := i.Plan(); again.Faults[1].Fault != fault.Drop {
		t.Error("the plan that was set changes the one that holds")
	}
	if again := i.Plan(); again.Faults[0].Seen != 0 || again.Faults[1].Met != 0 {
		t.Errorf("the counters are %+v", again.Faults)
	}
}

func TestTokensQuotaAndTheShapeOf429(t *testing.T) {
	t.Parallel()
	i := setup(t, `{"revoked_tokens":["gone"],"quota_remaining":2,"singular_429":true}`)
	if !i.Revoked("gone") || i.Revoked("here") || !i.Singular() {
		t.Error("tokens or shape are not as planned")
	}
	spent := ""
	for range 4 {
		spent += fmt.Sprint(i.Spend(), " ")
	}
	if spent != "true true false false " {
		t.Errorf("a quota of two allows %s", spent)
	}
	none := &fault.Injector{}
	if !none.Spend() || none.Revoked("") || none.Singular() || none.Next(fault.Call{}) != (fault.Effect{}) {
		t.Error("no plan is not nothing")
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	effect := func(rule string) fault.Effect {
		return setup(t, `{"faults":[`+rule+`]}`).Next(fault.Call{})
	}
	gateway := effect(`{"fault":"bad_gateway"}`).Refusal()
	if gateway.Status != 502 || !strings.HasPrefix(string(gateway.Body()), "<html>") {
		t.Errorf("got %v", gateway)
	}
	unavailable := effect(`{"fault":"unavailable","retry_after":7}`).Refusal()
	if unavailable.Status != 503 || unavailable.RetryAfter != 7 || unavailable.Type != "RETRIABLE_ERROR" {
		t.Errorf("got %v", unavailable)
	}
	for _, rule := range []string{`{"fault":"drop"}`, `{"fault":"delay"}`} {
		if e := effect(rule); e.Refusal() != nil || e.DropsResponse() != (rule == `{"fault":"drop"}`) {
			t.Errorf("%s: got %+v", rule, e)
		}
	}
}

func TestADelayWaitsUnlessTheCallerGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		delay := setup(t, `{"faults":[{"fault":"delay","delay_ms":250,"times":-1}]}`)
		begun := time.Now()
		delay.Next(fault.Call{}).Wait(t.Context())
		if waited := time.Since(begun); waited != 250*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begun = time.Now()
		delay.Next(fault.Call{}).Wait(ctx)
		if waited := time.Since(begun); waited != 100*time.Millisecond {
			t.Errorf("waited %s for a caller who left", waited)
		}
		begun = time.Now()
		fault.Effect{}.Wait(t.Context())
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("no effect waited %s", waited)
		}
	})
}
