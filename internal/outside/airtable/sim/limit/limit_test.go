package limit_test

import (
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/limit"
)

var start = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// setup returns fresh limits of Airtable's own pace and a way to call them so many milliseconds after the start.
func setup(o limit.Options) func(token, base string, millis int) bool {
	if o.Speed == 0 {
		o.Speed = 1
	}
	limits := limit.New(o)
	return func(token, base string, millis int) bool {
		return limits.Allow(token, base, start.Add(time.Duration(millis)*time.Millisecond))
	}
}

func TestABaseTakesFiveAtOnceAndThenBarsForThePenalty(t *testing.T) {
	t.Parallel()
	allow := setup(limit.Options{Penalty: 30 * time.Second})
	for i := range 5 {
		if !allow("pat", "app", 0) {
			t.Fatalf("call %d of a full bucket is refused", i+1)
		}
	}
	if allow("pat", "app", 0) {
		t.Error("the sixth call is allowed")
	}
	if allow("other", "app", 10_000) || allow("pat", "app", 29_999) {
		t.Error("the penalty ends early, or for another token")
	}
	if !allow("pat", "app", 30_000) {
		t.Error("the penalty was prolonged by refused calls")
	}
	if !allow("pat", "another", 30_000) {
		t.Error("another base shares the bucket")
	}
}

func TestABucketFillsAtTheRateAndNoHigherThanItsSize(t *testing.T) {
	t.Parallel()
	allow := setup(limit.Options{Penalty: time.Minute})
	for i := range 200 {
		if !allow("pat", "app", i*200) {
			t.Fatalf("call %d at five a second is refused", i+1)
		}
	}
	const later = 200*200 + 3_600_000
	for range 5 {
		if !allow("pat", "app", later) {
			t.Fatal("a rested bucket is not full")
		}
	}
	if allow("pat", "app", later) {
		t.Error("an hour of rest filled the bucket above its size")
	}
}

func TestATokenHasABucketOfItsOwn(t *testing.T) {
	t.Parallel()
	allow := setup(limit.Options{Penalty: 30 * time.Second})
	for i := range 50 {
		if !allow("pat", "", 0) {
			t.Fatalf("call %d of a token is refused", i+1)
		}
	}
	if allow("pat", "", 0) || allow("pat", "app", 0) {
		t.Error("the 51st call is allowed")
	}
	if !allow("other", "", 0) {
		t.Error("another token shares the bucket")
	}
	for i := range 4 { // the call that the token's limit refused counted for the base too
		if !allow("other", "app", 0) {
			t.Errorf("call %d to the base is refused", i+2)
		}
	}
	if allow("other", "app", 0) {
		t.Error("the base took a sixth call")
	}
}

func TestATokenNamedLikeABaseSharesNothingWithIt(t *testing.T) {
	t.Parallel()
	allow := setup(limit.Options{Penalty: time.Minute})
	for range 5 {
		allow("app", "app", 0)
	}
	if !allow("app", "", 0) {
		t.Error("the base's bucket refused a call of the token")
	}
}

func TestSpeedMultipliesRatesAndLeavesThePenalty(t *testing.T) {
	t.Parallel()
	allow := setup(limit.Options{Speed: 10, Penalty: 3 * time.Second})
	for i := range 50 {
		if !allow("pat", "app", 0) {
			t.Fatalf("call %d at ten times the speed is refused", i+1)
		}
	}
	if allow("pat", "app", 0) || allow("pat", "app", 2_999) {
		t.Error("the 51st call, or one within the penalty, is allowed")
	}
	if !allow("pat", "app", 3_000) {
		t.Error("the penalty lasts longer than it was told to")
	}
}

func TestOffAllowsEverything(t *testing.T) {
	t.Parallel()
	allow := setup(limit.Options{Off: true, Penalty: time.Minute})
	for range 1000 {
		if !allow("pat", "app", 0) {
			t.Fatal("a call is refused")
		}
	}
}
