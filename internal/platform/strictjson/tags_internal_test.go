package strictjson

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vet finds these in the code, but not before it is compiled.
func TestParseTag(t *testing.T) {
	t.Parallel()
	tests := map[reflect.StructTag]struct {
		want  [][2]string
		wrong bool
	}{
		"":         {},
		`json:"a"`: {want: [][2]string{{"json", "a"}}},
		` json:"a,omitempty"  doc:"b \"c\" d:\"e\"" `: {want: [][2]string{{"json", "a,omitempty"}, {"doc", `b "c" d:"e"`}}},
		`json:"a"doc:"b"`:      {want: [][2]string{{"json", "a"}, {"doc", "b"}}},
		`json:"a" maxLength=5`: {wrong: true},
		`json:"a" maxLength:5`: {wrong: true},
		`json:"a" doc:"b`:      {wrong: true},
		`json:"a" doc`:         {wrong: true},
		`json:"a", doc:"b"`:    {want: [][2]string{{"json", "a"}, {",", ""}}, wrong: true},
		`"json":"a"`:           {wrong: true},
	}
	for tag, test := range tests {
		got, err := parseTag(tag)
		if (err != nil) != test.wrong {
			t.Errorf("%s: %v", tag, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" && !test.wrong {
			t.Errorf("%s: %s", tag, diff)
		}
	}
}
