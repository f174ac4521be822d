package strictjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

func TestAKindAddsToTheFindings(t *testing.T) {
	t.Parallel()
	_, found := specimenType.Decode([]byte(`{"zzz":1,"text":"x","labels":{"a/b":"c","d":"e"},"inners":[{"a":1},{"a":"x"}],"nullable":null,"live":true}`))
	found.Fault("/labels/d", "mine", "second of %d", 2)
	found.Fault("/labels/a~1b", "mine", "first")
	found.Fault("/inners/0/gone/deeper", "mine", "at what is there")
	found.Fault("", "mine", "the whole")
	found.Fault("/gone", "mine", "not there: at the top, after the whole")
	found.Fault("/inners/01", "mine", "no index: at the list")
	found.Fault("/inners/7", "mine", "beyond: at the list, too")
	found.Warn("/text", "later", "a warning")
	want := `"" mine: the whole
"/gone" mine: not there: at the top, after the whole
"/zzz" unknown_field: "zzz" is not known here; remove it
"/labels/a~1b" mine: first
"/labels/d" mine: second of 2
"/inners/01" mine: no index: at the list
"/inners/7" mine: beyond: at the list, too
"/inners/0/gone/deeper" mine: at what is there
"/inners/1/a" wrong_type: must be a whole number
`
	if diff := cmp.Diff(want, lines(found.Faults())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantWarnings := `"/text" later: a warning
"/live" not_available: live has no effect yet: changes are read when it is executed
`
	if diff := cmp.Diff(wantWarnings, lines(found.Warnings())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(lines(found.Faults()), want); diff != "" {
		t.Errorf("the second time: %s", diff)
	}
}

// Faults at one place keep the order in which they were found.
func TestTheOrderAtOnePlace(t *testing.T) {
	t.Parallel()
	type many struct {
		Q string `json:"q"`
		R string `json:"r"`
		S string `json:"s"`
	}
	_, found := strictjson.For[many]().Decode([]byte(`{}`))
	want := "/q /r /s"
	for i := range 30 {
		found.Fault("", "mine", "%d", i)
		want += " " + strconv.Itoa(i)
	}
	var got []string
	for _, f := range found.Faults() {
		if f.Code == "mine" {
			f.Pointer = f.Detail
		}
		got = append(got, f.Pointer)
	}
	if strings.Join(got, " ") != want {
		t.Errorf("%v", got)
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	_, found := specimenType.Decode([]byte(`{"text":"x","nullable":null,"inner":{"a":"x"},"labels":{"ab":1}}`))
	for pointer, want := range map[string]bool{"": true, "/inner": true, "/inner/a": true, "/inner/a/b": false, "/inner/b": false,
		"/inn": false, "/labels": true, "/labels/a": false, "/labels/ab": true, "/text": false} {
		if found.Has(pointer) != want {
			t.Errorf("%q: %v", pointer, !want)
		}
	}
	_, found = specimenType.Decode([]byte(`{"text":"x","nullable":null}`))
	if found.Warn("/text", "later", "only a warning"); found.Has("") || !found.OK() || found.Err() != nil {
		t.Error("a warning counts as a fault")
	}
}

// A kind's own checks suggest names from the same small stock.
func TestSuggestionsAreFew(t *testing.T) {
	t.Parallel()
	_, found := specimenType.Decode([]byte(`{"text":"x","nullable":null,"nam":1,"mode":"ful"}`))
	for i := range 30 {
		want := ""
		if i < 18 {
			want = `; did you mean "table"?`
		}
		if got := found.Nearest("tabel", []string{"table"}); got != want {
			t.Errorf("number %d: %q", i, got)
		}
	}
}

func TestFindingsOfWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `{`, `{"text"`, `{"text":[1,`} {
		_, found := specimenType.Decode([]byte(text))
		found.Fault("/text/1", "mine", "later")
		if got := codesOf(found.Faults()); got != "malformed_json mine" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestErrorNamesEveryPlace(t *testing.T) {
	t.Parallel()
	_, found := specimenType.Decode([]byte(`{"count":0}`))
	var wrong *strictjson.Error
	if !errors.As(found.Err(), &wrong) || len(wrong.Faults) != 3 {
		t.Fatal(found.Err())
	}
	if got := found.Err().Error(); got != "/text: text is missing; /nullable: nullable is missing; /count: must be 1 to 100" {
		t.Error(got)
	}
	_, found = specimenType.Decode(nil)
	if got := found.Err().Error(); got != "the document is empty" {
		t.Error(got)
	}
}

// The names of faults on the wire.
func TestFaultAsJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(strictjson.Fault{Pointer: "/a", Code: "b", Detail: "c"})
	if err != nil || string(raw) != `{"pointer":"/a","code":"b","detail":"c"}` {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestFaultsAreCounted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		items string
		want  string
	}{
		"as many as are kept": {strings.Repeat(`1,`, 100), ""},
		"one more":            {strings.Repeat(`1,`, 101), "1 more are not listed; correct these first"},
		"many more":           {strings.Repeat(`1,`, 50_000), "49900 more are not listed; correct these first"},
	} {
		_, found := strictjson.For[[]string]().Decode([]byte(`[` + strings.TrimSuffix(test.items, ",") + `]`))
		faults := found.Faults()
		if test.want == "" {
			if len(faults) != 100 {
				t.Errorf("%s: %d faults", name, len(faults))
			}
			continue
		}
		last := faults[len(faults)-1]
		if len(faults) != 101 || last != (strictjson.Fault{Code: strictjson.CodeTooManyFaults, Detail: test.want}) || faults[99].Pointer != "/99" {
			t.Errorf("%s: %d faults, the last %+v", name, len(faults), last)
		}
	}
}

func TestWarningsAreCounted(t *testing.T) {
	t.Parallel()
	_, found := strictjson.For[[]string]().Decode([]byte(`["a"]`))
	for i := range 150 {
		found.Warn(strictjson.At("", i), "w", "%d", i)
	}
	warnings := found.Warnings()
	if len(warnings) != 101 || warnings[100].Detail != "50 more are not listed; correct these first" || !found.OK() {
		t.Errorf("%d warnings, the last %+v", len(warnings), warnings[len(warnings)-1])
	}
}

// Hostile documents are refused with a bounded response. What they cost is
// measured by BenchmarkHostile.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, found := specimenType.Decode([]byte(text))
			faults := found.Faults()
			if len(faults) == 0 || len(faults) > 101 {
				t.Errorf("%d faults", len(faults))
			}
			size, suggestions := 0, 0
			for _, f := range faults {
				size += len(f.Pointer) + len(f.Detail)
				if strings.Contains(f.Detail, "did you mean") {
					suggestions++
				}
			}
			if size > 68<<10 { // 64 KiB, and the one that goes beyond
				t.Errorf("the faults have %d bytes", size)
			}
			if suggestions > 20 {
				t.Errorf("%d suggestions", suggestions)
			}
			if name == "near keys" && (suggestions != 20 || faults[100].Detail != "9802 more are not listed; correct these first") {
				t.Errorf("%d suggestions, %+v", suggestions, faults[100])
			}
			if !slices.ContainsFunc(faults, func(f strictjson.Fault) bool { return f.Detail != "" }) {
				t.Error("nothing is said")
			}
		})
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	type name string
	for want, got := range map[string]string{
		"":                                  strictjson.At(""),
		"/a":                                strictjson.At("", "a"),
		"/":                                 strictjson.At("", ""),
		"/a/0/b~1c~0d.e":                    strictjson.At("/a", 0, "b/c~d.e"),
		"/~01":                              strictjson.At("", "~1"),
		"/named/12":                         strictjson.At("", name("named"), 12),
		"/sync_rules/2/field_mapping/ä\"\n": strictjson.At("/sync_rules", 2, "field_mapping", "ä\"\n"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func ExampleType_Decode() {
	type Config struct {
		BaseID string   `json:"base_id" pattern:"^app" patternDescription:"an ID that begins with app"`
		Tables []string `json:"tables,omitempty" minLength:"1"`
		Size   int      `json:"batch_size,omitempty" minimum:"1" maximum:"100" default:"50"`
	}
	configType := strictjson.For[Config]()

	config, found := configType.Decode([]byte(`{"base_id": "tbl1", "tables": ["A", ""], "batchsize": 10}`))
	for i, table := range config.Tables {
		if table == "A" {
			found.Warn(strictjson.At("/tables", i), "unused", "nothing is read from %q", table)
		}
	}
	for _, f := range found.Faults() {
		fmt.Println(f.Pointer, f.Code, f.Detail)
	}
	for _, w := range found.Warnings() {
		fmt.Println("warning:", w.Pointer, w.Detail)
	}
	fmt.Println(config.Size)
	// Output:
	// /base_id invalid must be an ID that begins with app
	// /tables/1 out_of_range must have at least 1 character
	// /batchsize unknown_field "batchsize" is not known here; did you mean "batch_size"?
	// warning: /tables/0 nothing is read from "A"
	// 50
}
