package engine

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var documents = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":"x","b":-1.5e3,"c":true,"d":null}`,
	`{"a":{"b":[1,{"c":"}"}]},"d":"\"\\\"","e":[[],{}]}`,
	" {\n\t\"a\" : \"1\" ,\r\n \"b\" : [ 1 , 2 ] } ",
	`{"ä":"ü\u00e4","b":"","":1}`, `{"a":"\\"}`, `{"a\"b":"c","d":{"e":"f,g"}}`,
	`[]`, `"text"`, `1`, `null`,
}

// compare checks members against encoding/json on one valid document.
func compare(t *testing.T, raw []byte) {
	t.Helper()
	want := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &want) != nil || want == nil { // what is no object has no members
		want = map[string]json.RawMessage{}
	}
	got := map[string]json.RawMessage{}
	for key, value := range members(raw) {
		var name string
		if err := json.Unmarshal([]byte(`"`+key+`"`), &name); err != nil {
			t.Fatalf("%s: key %q: %v", raw, key, err)
		}
		got[name] = value
	}
	compact := cmp.Transformer("value", func(m json.RawMessage) any { var v any; _ = json.Unmarshal(m, &v); return v })
	if diff := cmp.Diff(want, got, compact); diff != "" {
		t.Errorf("%s: %s", raw, diff)
	}
}

func TestMembersReadsWhatJSONReads(t *testing.T) {
	t.Parallel()
	for _, d := range documents {
		compare(t, []byte(d))
	}
}

func FuzzMembers(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for range members(raw) { // must end on anything
		}
		if json.Valid(raw) {
			compare(t, raw)
		}
	})
}

func TestScalars(t *testing.T) {
	t.Parallel()
	if text([]byte(`"a\u00e4\n"`)) != "aä\n" || text([]byte(`1`)) != "" || number([]byte(`12`)) != 12 || number([]byte(`"x"`)) != 0 {
		t.Error("a scalar is misread")
	}
}
