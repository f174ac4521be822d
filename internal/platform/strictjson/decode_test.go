package strictjson_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// compared looks at all that a specimen holds, credentials included.
var compared = cmp.Options{
	cmp.AllowUnexported(specimen{}, embedded{}),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b secret.Secret) bool { return a.Reveal() == b.Reveal() }),
}

// defaults is what a document without optional fields gives.
func defaults(change func(*specimen)) specimen {
	s := specimen{Text: "x", Count: 10, Every: 30 * time.Second, Mode: "auto"}
	s.Below = -1
	s.Inner.B = 7
	s.Inner.C.D = []int{1, 2}
	change(&s)
	return s
}

func pointer[T any](v T) *T { return &v }

func TestValues(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		members string
		want    func(*specimen)
	}{
		"defaults alone": {``, func(*specimen) {}},
		"null is absent": {`"count":null,"every":null,"mode":null,"inner":null,"tags":null,"labels":null,"pointer":null,"since":null,"token":null,"action":null`, func(*specimen) {}},
		"strings": {`"name":"a\"\\\/\b\f\n\r\tA\u00e4\ud83d\ude00€😀\ufffd"`,
			func(s *specimen) { s.Name = "a\"\\/\b\f\n\r\tA\u00e4\U0001F600€😀\ufffd" }},
		"a surrogate pair at the end": {`"name":"\uD83D\uDE00"`, func(s *specimen) { s.Name = "\U0001F600" }},
		"the first and last pairs, and what is beside them": {`"name":"\ud800\udc00\udbff\udfff\ud7ff\ue000"`,
			func(s *specimen) { s.Name = "\U00010000\U0010FFFF\uD7FF\uE000" }},
		"pairs one after the other": {`"name":"\ud83d\ude00\ud83d\ude01x"`, func(s *specimen) { s.Name = "\U0001F600\U0001F601x" }},
		"a key with escapes":        {`"n\u0061me":"x","labels":{"a\u002fb":"c"}`, func(s *specimen) { s.Name = "x"; s.Labels = map[string]string{"a/b": "c"} }},
		"booleans":                  {`"on":true,"live":false`, func(s *specimen) { s.On = true }},
		"the least numbers": {`"count":1,"tiny":-128,"whole":-9223372036854775808,"size":1,"ratio":5e-324,"grid":[[-0],[]]`,
			func(s *specimen) {
				s.Count, s.Tiny, s.Whole, s.Size, s.Ratio, s.Grid = 1, -128, -1<<63, 1, 5e-324, [][]int{{0}, {}}
			}},
		"the greatest numbers": {`"count":100,"tiny":127,"whole":9223372036854775807,"size":65535,"ratio":0.9999999999999999,"single":1E+30`,
			func(s *specimen) {
				s.Count, s.Tiny, s.Whole, s.Size, s.Ratio, s.Single = 100, 127, 1<<63-1, 65535, 0.9999999999999999, 1e30
			}},
		"a number as it is written": {`"exact":1.50e+3`, func(s *specimen) { s.Exact = "1.50e+3" }},
		"a number that is nearly zero": {`"exact":1e-999,"raw":1e-999`,
			func(s *specimen) { s.Exact = "1e-999"; s.Raw = json.RawMessage("1e-999") }},
		"a duration of days":    {`"every":"1d12h"`, func(s *specimen) { s.Every = 36 * time.Hour }},
		"the longest duration":  {`"every":"90d"`, func(s *specimen) { s.Every = 90 * 24 * time.Hour }},
		"the shortest duration": {`"every":"1000ms"`, func(s *specimen) { s.Every = time.Second }},
		"a time": {`"since":"2024-02-29T12:00:00.5+02:00"`,
			func(s *specimen) { s.Since = time.Date(2024, 2, 29, 10, 0, 0, 5e8, time.UTC) }},
		"an address":                  {`"address":"::1"`, func(s *specimen) { s.Address = netip.MustParseAddr("::1") }},
		"an enum":                     {`"mode":"full","strategy":"target_wins"`, func(s *specimen) { s.Mode, s.Strategy = "full", "target_wins" }},
		"pointers":                    {`"pointer":0`, func(s *specimen) { s.Pointer = pointer(0) }},
		"lists":                       {`"tags":["a","b","c"],"grid":[[1,2],[3]]`, func(s *specimen) { s.Tags, s.Grid = []string{"a", "b", "c"}, [][]int{{1, 2}, {3}} }},
		"lists and maps may be empty": {`"grid":[[],[]],"labels":{},"inners":[]`, func(s *specimen) { s.Grid, s.Labels, s.Inners = [][]int{{}, {}}, map[string]string{}, []inner{} }},
		"maps": {`"labels":{"a":"12345","äöüßé":""},"counts":{"x":0}`, func(s *specimen) {
			s.Labels, s.Counts = map[string]string{"a": "12345", "äöüßé": ""}, map[key]int{"x": 0}
		}},
		"any JSON": {`"raw": {"a" : [1.0, null, {"a":"\u0061"}] } ,"object":{ },"wrapped":{"x":1}`,
			func(s *specimen) {
				s.Raw, s.Object = json.RawMessage(`{"a" : [1.0, null, {"a":"\u0061"}] }`), strictjson.Object{RawMessage: json.RawMessage(`{ }`)}
				s.Wrapped.RawMessage = json.RawMessage(`{"x":1}`)
			}},
		"null is JSON": {`"raw":null`, func(s *specimen) { s.Raw = json.RawMessage(`null`) }},
		"references": {`"token":"secret:sec_1","headers":{"a":"secret:sec_2"}`,
			func(s *specimen) { s.Token, s.Headers = "secret:sec_1", map[string]secret.Secret{"a": "secret:sec_2"} }},
		"structs": {`"inner":{"a":1},"inners":[{"a":2,"b":3,"c":{"d":[]}},{"a":4,"c":{}}]`,
			func(s *specimen) {
				s.Inner.A = 1
				s.Inners = []inner{{A: 2, B: 3}, {A: 4, B: 7}}
				s.Inners[0].C.D, s.Inners[1].C.D = []int{}, []int{1, 2}
			}},
		"embedded": {`"above":"äöü","below":5`, func(s *specimen) { s.Above, s.Below = "äöü", 5 }},
		"variants beside": {`"sources":[{"config":{"base_id":"appX","api_key":"secret:sec_1"},"type":"airtable"},{"type":"web","config":{},"auth":{"url":"x"}}]`,
			func(s *specimen) {
				s.Sources = []source{{Type: "airtable", By: "web", Config: &airtableSource{BaseID: "appX", APIKey: "secret:sec_1"}},
					{Type: "web", By: "web", Config: webSource{}, Auth: webSource{URL: "x"}}}
			}},
		"variants inside": {`"action":{"do":[{"method":"POST","type":"call"},{"type":"loop","do":[{"type":"call"}],"times":5}],"type":"loop"}`,
			func(s *specimen) {
				s.Action = loop{Times: 2, Do: []action{call{"call", "POST"}, loop{Times: 5, Do: []action{call{"call", "GET"}}}}}
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := `{"text":"x","nullable":null`
			if test.members != "" {
				text += "," + test.members
			}
			got, found := specimenType.Decode([]byte(text + "}"))
			if !found.OK() || found.Err() != nil || len(found.Warnings()) > 0 {
				t.Fatalf("%v %v", found.Faults(), found.Warnings())
			}
			want := defaults(test.want)
			if diff := cmp.Diff(want, got, compared); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			stored, err := specimenType.DecodeStored([]byte(text + "}"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, stored, compared); diff != "" {
				t.Errorf("stored: -want +got:\n%s", diff)
			}
		})
	}
}

// A document that is read twice, or whose bytes change later, has no part in
// the value.
func TestAValueSharesNothing(t *testing.T) {
	t.Parallel()
	text := []byte(`{"text":"abc","nullable":"def","raw":{"a":1},"tags":["ghi"],"labels":{"a":"jkl"},"token":"secret:sec_mno","exact":123}`)
	first, found := specimenType.Decode(text)
	second, _ := specimenType.Decode(text)
	if !found.OK() {
		t.Fatal(found.Err())
	}
	for i := range text {
		text[i] = 'X'
	}
	first.Inner.C.D[0] = 99
	third, _ := specimenType.Decode([]byte(`{"text":"abc","nullable":"def"}`))
	if third.Inner.C.D[0] != 1 || second.Inner.C.D[0] != 1 {
		t.Error("a default is shared")
	}
	second.Inner.C.D[0] = 99
	if diff := cmp.Diff(second, first, compared); diff != "" {
		t.Error(diff)
	}
	if *first.Nullable != "def" || string(first.Raw) != `{"a":1}` || first.Labels["a"] != "jkl" || first.Token.Reveal() != "secret:sec_mno" || first.Exact != "123" {
		t.Errorf("%+v", first)
	}
}

func TestWhatCanBeReadIsThereBesideFaults(t *testing.T) {
	t.Parallel()
	got, found := specimenType.Decode([]byte(`{"text":"x","nullable":null,"count":"5","tags":["a",7],"mode":"fast","sources":[{"type":"web","config":{"url":"u","x":1}}]}`))
	if found.OK() || len(found.Faults()) != 4 {
		t.Fatal(found.Faults())
	}
	want := defaults(func(s *specimen) {
		s.Count, s.Tags, s.Mode = 0, []string{"a", ""}, "fast"
		s.Sources = []source{{Type: "web", By: "web", Config: webSource{URL: "u"}}}
	})
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	type small struct {
		A int    `json:"a,omitempty" default:"3" maximum:"9"`
		B string `json:"b,omitempty" enum:"x"`
	}
	const mark = "\uFEFF"
	tests := map[string]struct {
		options []strictjson.Option
		text    string
		faults  string
	}{
		"a mark in a file":           {[]strictjson.Option{strictjson.ByteOrderMark()}, mark + `{"a":4}`, ""},
		"two marks":                  {[]strictjson.Option{strictjson.ByteOrderMark()}, mark + mark + `{}`, "malformed_json"},
		"a mark elsewhere":           {nil, mark + `{}`, "malformed_json"},
		"a file without":             {[]strictjson.Option{strictjson.ByteOrderMark()}, `{"a":4}`, ""},
		"empty":                      {[]strictjson.Option{strictjson.EmptyIsObject()}, " \n", ""},
		"null":                       {[]strictjson.Option{strictjson.EmptyIsObject()}, " null ", ""},
		"nothing after a mark":       {[]strictjson.Option{strictjson.EmptyIsObject(), strictjson.ByteOrderMark()}, mark, ""},
		"half a document":            {[]strictjson.Option{strictjson.EmptyIsObject()}, "{", "malformed_json"},
		"another empty value":        {[]strictjson.Option{strictjson.EmptyIsObject()}, "[]", "wrong_type"},
		"codes of configurations":    {[]strictjson.Option{strictjson.ConfigurationCodes()}, `{"a":10,"b":"y","c":1,"a":1}`, "invalid invalid unknown_key duplicate_key"},
		"more of them":               {[]strictjson.Option{strictjson.ConfigurationCodes()}, `{"a":"x"}`, "invalid"},
		"not JSON in configurations": {[]strictjson.Option{strictjson.ConfigurationCodes()}, `{`, "invalid"},
		"codes are added": {[]strictjson.Option{strictjson.RenameCodes(map[string]string{"wrong_type": "other"}), strictjson.RenameCodes(map[string]string{"unknown_field": "x"})},
			`{"a":"x","c":1}`, "other x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found := strictjson.For[small](test.options...).Decode([]byte(test.text))
			if codes := codesOf(found.Faults()); codes != test.faults {
				t.Errorf("got %q, want %q", codes, test.faults)
			}
			if found.OK() && got.A != 3 && got.A != 4 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func codesOf(faults []strictjson.Fault) string {
	var codes []string
	for _, f := range faults {
		codes = append(codes, f.Code)
	}
	return strings.Join(codes, " ")
}

// namedJSON is any JSON under a name.
type namedJSON struct{ json.RawMessage }

// What has no fields of its own can be a document too.
func TestRootsOfOtherTypes(t *testing.T) {
	t.Parallel()
	list, found := strictjson.For[[]inner]().Decode([]byte(`[{"a":1},{"a":2}]`))
	if !found.OK() || len(list) != 2 || list[1].A != 2 || list[1].B != 7 {
		t.Errorf("%+v, %v", list, found.Faults())
	}
	_, found = strictjson.For[[]inner]().Decode([]byte(`[{"a":1},{"b":2}]`))
	if got := lines(found.Faults()); got != "\"/1/a\" required: a is missing\n" {
		t.Error(got)
	}
	counts, found := strictjson.For[map[string]int]().Decode([]byte(`{"a":1}`))
	if !found.OK() || counts["a"] != 1 {
		t.Errorf("%+v, %v", counts, found.Faults())
	}
	some, found := strictjson.For[*inner]().Decode([]byte(`null`))
	if !found.OK() || some != nil {
		t.Errorf("%+v, %v", some, found.Faults())
	}
	one, found := strictjson.For[action](unions()...).Decode([]byte(`{"type":"call"}`))
	if !found.OK() || one != (call{"call", "GET"}) {
		t.Errorf("%+v, %v", one, found.Faults())
	}
	named, found := strictjson.For[namedJSON]().Decode([]byte(` [1, {}] `))
	if !found.OK() || string(named.RawMessage) != "[1, {}]" {
		t.Errorf("%s, %v", named.RawMessage, found.Faults())
	}
	raw, found := strictjson.For[json.RawMessage]().Decode([]byte(` [1] `))
	if !found.OK() || string(raw) != "[1]" {
		t.Errorf("%s, %v", raw, found.Faults())
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	raw := func(l strictjson.Limits) *strictjson.Type[json.RawMessage] {
		return strictjson.For[json.RawMessage](strictjson.WithLimits(l))
	}
	tests := map[string]struct {
		limits strictjson.Limits
		fits   string
		beyond string
		want   string
	}{
		"bytes": {strictjson.Limits{Bytes: 4}, `[12]`, `[123]`, "\"\" too_large: the document has 5 bytes; the most is 4\n"},
		"depth": {strictjson.Limits{Depth: 2}, `{"a":[1]}`, `{"a":[1,{}]}`, "\"/a/1\" too_deep: nested deeper than 2 levels\n"},
		"keys":  {strictjson.Limits{Keys: 2}, `[{"a":1},{"a":1}]`, `[{"a":1},{"a":1,"b":2}]`, "\"/1\" too_many_keys: more than 2 keys in one document\n"},
		"values": {strictjson.Limits{Values: 4}, `[1,{"a":2}]`, `[1,{"a":2},3]`,
			"\"\" too_many_values: more than 4 values in one document\n"},
		"the depth that holds by default": {strictjson.Limits{}, strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65),
			"\"" + strings.Repeat("/0", 64) + "\" too_deep: nested deeper than 64 levels\n"},
		"a document that is cut": {strictjson.Limits{}, `[]`, strings.Repeat(`{"a":[`, 1000),
			"\"" + strings.Repeat("/a/0", 32) + "\" too_deep: nested deeper than 64 levels\n"},
		"the bytes that hold by default": {strictjson.Limits{}, strings.Repeat(" ", 1<<20-1) + "1", strings.Repeat(" ", 1<<20) + "1",
			"\"\" too_large: the document has 1048577 bytes; the most is 1048576\n"},
		"the keys that hold by default": {strictjson.Limits{}, `[` + strings.Repeat(`{"a":1},`, 9_999) + `{"a":1}]`, `[` + strings.Repeat(`{"a":1},`, 10_000) + `{"a":1}]`,
			"\"/10000\" too_many_keys: more than 10000 keys in one document\n"},
		"the values that hold by default": {strictjson.Limits{}, `[` + strings.Repeat(`1,`, 99_998) + `1]`, `[` + strings.Repeat(`1,`, 99_999) + `1]`,
			"\"\" too_many_values: more than 100000 values in one document\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limited := raw(test.limits)
			if _, found := limited.Decode([]byte(test.fits)); !found.OK() {
				t.Errorf("what fits: %v", found.Faults())
			}
			_, found := limited.Decode([]byte(test.beyond))
			if got := lines(found.Faults()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if stored, err := limited.DecodeStored([]byte(test.beyond)); name != "a document that is cut" && (err != nil || len(stored) == 0) {
				t.Errorf("what is stored is not measured again: %v", err)
			}
		})
	}
}

// corners are what a specimen has no room for.
type corners struct {
	Name    string            `json:"name" nonempty:"true"`
	List    []int             `json:"list" nonempty:"true" maxItems:"2"`
	Map     map[string]bool   `json:"map" nonempty:"true"`
	Many    string            `json:"many,omitempty" enum:"a,b,c,d,e,f,g,h,i,j,k,l,m,n"`
	One     string            `json:"one,omitempty" enum:"only" unavailable:"other"`
	Mode    mode              `json:"mode,omitempty" unavailable:"streaming"`
	Address netip.Addr        `json:"address,omitzero" patternDescription:"an IP address" maxLength:"7"`
	Pointer *[]string         `json:"pointer,omitempty" uniqueItems:"true" minItems:"1" enum:"x,y" example:"[\"x\"]"`
	Count   *int              `json:"count,omitempty" minimum:"2" default:"3" example:"4"`
	Deep    map[string][]*int `json:"deep,omitempty" maximum:"5"`
	Ready   *time.Duration    `json:"ready,omitempty" maximum:"1h" example:"5m"`
	Free    uint              `json:"free,omitempty"`
	Big     int64             `json:"big,omitempty" minimum:"-5"`
	Both    float64           `json:"both,omitempty" minimum:"0.5" maximum:"1e20"`
}

func TestCorners(t *testing.T) {
	t.Parallel()
	cornersType := strictjson.For[corners]()
	got, found := cornersType.Decode([]byte(`{"name":"x","list":[1],"map":{"a":false},"pointer":["x","y"],"deep":{"a":[5,null]},"ready":"1h","both":1e20,"free":18446744073709551615}`))
	want := corners{Name: "x", List: []int{1}, Map: map[string]bool{"a": false}, Pointer: &[]string{"x", "y"}, Count: pointer(3),
		Deep: map[string][]*int{"a": {pointer(5), nil}}, Ready: pointer(time.Hour), Both: 1e20, Free: 1<<64 - 1}
	if diff := cmp.Diff(want, got, compared); diff != "" || !found.OK() {
		t.Errorf("%s\n%v", diff, found.Faults())
	}
	_, found = cornersType.Decode([]byte(`{"name":" ","list":[],"map":{},"many":"z","one":"other","mode":"streaming","address":"nowhere","pointer":["x","x","z"],
		"count":1,"deep":{"a":[6]},"ready":"61m","free":-1,"big":9223372036854775808,"both":0.4}`))
	if diff := cmp.Diff(`"/name" required: is empty; give it a value
"/list" required: is empty; give it a value
"/map" required: is empty; give it a value
"/many" not_one_of: must be one of "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" and 2 more
"/one" not_available: "other" is not available yet; use "only"
"/mode" not_available: "streaming" is not available yet; use "auto", "full" or "incremental"
"/address" invalid: must be an IP address
"/pointer/1" duplicate: the list has this already at 0; keep one
"/pointer/2" not_one_of: must be "x" or "y"
"/count" out_of_range: must be 2 or more
"/deep/a/0" out_of_range: must be 5 or less
"/ready" out_of_range: must be 1h or less
"/free" out_of_range: must be 0 to 18446744073709551615
"/big" out_of_range: must be -5 to 9223372036854775807
"/both" out_of_range: must be 0.5 to 1e+20
`, lines(found.Faults())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, found = cornersType.Decode([]byte(`{"name":"x","list":[1,2,3],"map":{"a":1},"address":"10.10.10.10","pointer":[]}`))
	if got := codesOf(found.Faults()); got != "out_of_range wrong_type out_of_range out_of_range" {
		t.Error(lines(found.Faults()))
	}
}

// A union must not be passed over because nothing says what it is.
func TestAVariantThatNothingNames(t *testing.T) {
	t.Parallel()
	type holder struct {
		Type string       `json:"kind,omitempty"`
		Of   sourceConfig `json:"of,omitempty" variant:"kind"`
	}
	holderType := strictjson.For[holder](unions()...)
	schema := compileSchema(t, holderType.Schema())
	for text, want := range map[string]string{
		`{}`:                          "",
		`{"kind":"web"}`:              "",
		`{"kind":"web","of":null}`:    "",
		`{"of":null}`:                 "",
		`{"of":{},"kind":"web"}`:      "",
		`{"of":{}}`:                   "\"/kind\" required: kind is missing; it says what of is\n",
		`{"of":{},"kind":null}`:       "\"/kind\" required: kind is missing; it says what of is\n",
		`{"of":{},"kind":5}`:          "\"/kind\" wrong_type: must be a string\n",
		`{"of":{"x":1},"kind":"Web"}`: "\"/kind\" not_one_of: must be \"airtable\" or \"web\"; did you mean \"web\"?\n",
	} {
		got, found := holderType.Decode([]byte(text))
		if said := lines(found.Faults()); said != want || found.OK() && (got.Of != nil) != strings.Contains(text, `"of":{`) {
			t.Errorf("%s: %+v, %s", text, got, said)
		}
		if _, err := holderType.DecodeStored([]byte(text)); (err == nil) != (want == "") {
			t.Errorf("%s is stored: %v", text, err)
		}
		if err := schema.Validate(instance(t, []byte(text))); want == "" && err != nil {
			t.Errorf("%s: the schema says %v", text, err)
		}
	}
}
