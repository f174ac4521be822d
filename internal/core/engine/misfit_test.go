package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func TestAMisfitIsSaidInWords(t *testing.T) {
	t.Parallel()
	type inner struct {
		Count int8     `json:"count"`
		Names []string `json:"names"`
	}
	type result struct {
		Text  string  `json:"text"`
		Is    bool    `json:"is"`
		Share float64 `json:"share"`
		Inner inner   `json:"inner"`
	}
	r := engine.NewRegistry()
	engine.NewSignal[result](r, "k/yes")
	engine.NewStep(r, "k/a", engine.StepOptions[int]{}, func(context.Context, int) (result, error) { return result{}, nil })
	for value, want := range map[string]string{
		`{"text":"a","inner":{"count":7}}`: "", `{}`: "",
		`5`: "must be an object, not a number", `[]`: "must be an object, not a list",
		`{"text":5}`: "/text: must be a text, not a number", `{"is":"yes"}`: "/is: must be true or false, not a text", `{"share":{}}`: "/share: must be a number, not an object",
		`{"inner":{"count":1.5}}`: "/inner/count: must be a whole number that fits in 8 bits, not number 1.5", `{"inner":{"count":300}}`: "/inner/count: must be a whole number that fits in 8 bits, not number 300",
		`{"inner":{"names":true}}`: "/inner/names: must be a list, not true or false", `{"inner":{"names":[1]}}`: "/inner/names: must be a text, not a number",
		`{"text":`: "is not of the form that is expected here",
	} {
		for of, err := range map[string]error{"a signal": r.SignalFits("k/yes", []byte(value)), "a result": r.Step("k/a").Fits([]byte(value))} {
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != want || (err != nil) != errors.Is(err, engine.ErrInvalid) {
				t.Errorf("%s %s: %q, want %q", of, value, got, want)
			}
		}
	}
	if err := r.SignalFits("k/yes", nil); err != nil {
		t.Errorf("a signal without data: %v", err)
	}
}
