package request

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckJSON(t *testing.T) {
	cases := map[string]struct {
		body   string
		faults []string // pointer and code
		broken bool
	}{
		"plain":                     {body: `{"a":[1,{"b":null}],"c":"x"}`},
		"scalar":                    {body: `3`},
		"spaces around":             {body: "\n {} \n"},
		"same key in two objects":   {body: `[{"a":1},{"a":2}]`},
		"case differs deeper":       {body: `{"config":{"Name":1,"name":2}}`},
		"twice":                     {body: `{"a":1,"a":2}`, faults: []string{"/a duplicate_key"}},
		"twice by case at the top":  {body: `{"name":1,"Name":2}`, faults: []string{"/Name duplicate_key"}},
		"twice deep":                {body: `{"a":[{"x":1},{"b/c":1,"b/c":2}]}`, faults: []string{"/a/1/b~1c duplicate_key"}},
		"twice by escape":           {body: `{"a":1,"\u0061":2}`, faults: []string{"/a duplicate_key"}},
		"two places":                {body: `{"a":1,"a":2,"b":{"c":1,"c":1}}`, faults: []string{"/a duplicate_key", "/b/c duplicate_key"}},
		"the largest number":        {body: `{"a":1.7e308,"b":-1e-400}`},
		"a number beyond all":       {body: `{"a":[0,1e999]}`, faults: []string{"/a/1 out_of_range"}},
		"a number of 400 digits":    {body: `{"a":` + strings.Repeat("9", 400) + `}`, faults: []string{"/a out_of_range"}},
		"64 levels":                 {body: strings.Repeat("[", 64) + strings.Repeat("]", 64)},
		"65 levels":                 {body: strings.Repeat("[", 65) + strings.Repeat("]", 65), faults: []string{strings.Repeat("/0", 64) + " too_deep"}},
		"a million brackets":        {body: strings.Repeat("[", 1_000_000), faults: []string{strings.Repeat("/0", 64) + " too_deep"}},
		"too many keys":             {body: "[" + strings.Repeat(`{"a":1},`, 10_000) + `{"b":1}]`, faults: []string{"/10000 too_many_keys"}},
		"cut":                       {body: `{"a":`, broken: true},
		"cut in a string":           {body: `{"a":"b`, broken: true},
		"two documents":             {body: `{} {}`, broken: true},
		"text after":                {body: `{}x`, broken: true},
		"comment":                   {body: `{/* no */}`, broken: true},
		"single quotes":             {body: `{'a':1}`, broken: true},
		"not UTF-8 is still parsed": {body: "{\"a\":\"\xff\"}"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			faults, wellFormed := checkJSON([]byte(c.body))
			if wellFormed == c.broken {
				t.Fatalf("well-formed: %v, faults %v", wellFormed, faults)
			}
			if c.broken {
				if len(faults) != 1 || faults[0].Code != "malformed_json" || faults[0].Detail == "" {
					t.Errorf("faults are %+v", faults)
				}
				return
			}
			var got []string
			for _, f := range faults {
				got = append(got, f.Pointer+" "+f.Code)
			}
			if diff := cmp.Diff(c.faults, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSyntaxErrorNamesItsPlace(t *testing.T) {
	faults, _ := checkJSON([]byte("{\n  \"a\": 1,\n  b: 2\n}"))
	if len(faults) != 1 || !strings.Contains(faults[0].Detail, "line 3, column 3") {
		t.Errorf("faults are %+v", faults)
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"a":2,"a":3}]}`, `{}`, `[[`, `{"a":1}x`, "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		faults, wellFormed := checkJSON(body) // must return, and say why when it refuses
		if !wellFormed && len(faults) == 0 {
			t.Errorf("%q is refused without a word", body)
		}
	})
}
