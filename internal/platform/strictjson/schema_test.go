package strictjson_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// The whole schema of a specimen, to be read like code when it changes.
func TestSchemaOfASpecimen(t *testing.T) {
	t.Parallel()
	const file = "testdata/specimen.schema.json"
	got := specimenType.Schema()
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if again := specimenType.Schema(); !bytes.Equal(got, again) {
		t.Error("the schema is not the same twice")
	}
}

// hints declares each hint for forms.
type hints struct {
	Base       string   `json:"base" connection:"airtable" title:"Base" group:"Source" order:"5" format:"hostname"`
	Tables     []string `json:"tables,omitempty" options:"list_tables" dependsOn:"1/base,2/other/0,/root"`
	Old        bool     `json:"old,omitempty" deprecated:"true" doc:"<a> & \"b\""`
	Schedule   string   `json:"schedule,omitempty" cron:"true" example:"0 9 * * *"`
	Conditions []string `json:"conditions,omitempty" expression:"condition" example:"[\"a > 1\"]"`
}

func TestHints(t *testing.T) {
	t.Parallel()
	const want = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"required":["base"],"properties":{` +
		`"base":{"type":"string","title":"Base","format":"hostname","x-connection":"airtable","x-group":"Source","x-order":5},` +
		`"tables":{"type":["array","null"],"items":{"type":"string"},"x-options":{"operation":"list_tables","depends_on":["1/base","2/other/0","/root"]},"x-order":2},` +
		`"old":{"type":["boolean","null"],"description":"<a> & \"b\"","deprecated":true,"x-order":3},` +
		`"schedule":{"type":["string","null"],"examples":["0 9 * * *"],"x-cron":true,"x-order":4},` +
		`"conditions":{"type":["array","null"],"items":{"type":"string"},"examples":[["a > 1"]],"x-expression":"condition","x-order":5}}}`
	if diff := cmp.Diff(want, compact(t, strictjson.For[hints]().Schema())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// jump declares its selector as if it could be left out.
type jump struct {
	Type string `json:"kind,omitempty"`
	To   string `json:"to,omitempty"`
}

func TestSchemasOfOtherRoots(t *testing.T) {
	t.Parallel()
	const head = `{"$schema":"https://json-schema.org/draft/2020-12/schema",`
	for _, test := range []struct{ got, want string }{
		{compact(t, strictjson.For[[]string](strictjson.Title("names", "All of them")).Schema()),
			head + `"title":"names","description":"All of them","type":"array","items":{"type":"string"}}`},
		{compact(t, strictjson.For[json.RawMessage]().Schema()), head[:len(head)-1] + `}`},
		{compact(t, strictjson.For[wrapped]().Schema()), head + `"type":"object"}`},
		{compact(t, strictjson.For[treeList]().Schema()), head + `"type":"array","items":{"$ref":"#/$defs/tree"},"$defs":{"tree":{"type":"object","additionalProperties":false,"properties":{` +
			`"children":{"type":["array","null"],"items":{"$ref":"#/$defs/tree"},"minItems":1,"x-order":1},` +
			`"by_name":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/tree"},"x-order":2},"next":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}],"x-order":3}}}}}`},
		{compact(t, strictjson.For[tree]().Schema()), head + `"type":"object","additionalProperties":false,"properties":{` +
			`"children":{"type":["array","null"],"items":{"$ref":"#"},"minItems":1,"x-order":1},` +
			`"by_name":{"type":["object","null"],"additionalProperties":{"$ref":"#"},"x-order":2},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}],"x-order":3}}}`},
		{compact(t, strictjson.For[action](strictjson.OneOf[action]("kind", strictjson.Variant[jump]("jump", "Go <there>"))).Schema()),
			head + `"oneOf":[{"$ref":"#/$defs/jump","title":"jump","description":"Go <there>"}],"x-selector":"kind","$defs":{"jump":{"type":"object","additionalProperties":false,` +
				`"required":["kind"],"properties":{"kind":{"const":"jump","type":"string","x-order":1},"to":{"type":["string","null"],"x-order":2}}}}}`},
		{compact(t, strictjson.For[map[string]mode]().Schema()), head + `"type":"object","additionalProperties":{"type":"string","enum":["auto","full","incremental"]}}`},
	} {
		if diff := cmp.Diff(test.want, test.got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// Types of one name in two packages, or of one struct in two roles, do not get
// into each other's way.
func TestDefinitionsOfOneName(t *testing.T) {
	t.Parallel()
	type pair struct {
		A *inner      `json:"a,omitempty"`
		B box[inner]  `json:"b,omitzero"`
		C box[*inner] `json:"c,omitzero"`
		D []action    `json:"d,omitempty"`
		E struct {
			F call `json:"f"`
		} `json:"e,omitzero"`
	}
	schema := strictjson.For[pair](unions()...).Schema()
	var parsed struct {
		Defs map[string]struct {
			Required []string `json:"required"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &parsed); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range parsed.Defs {
		if strings.ContainsAny(name, "/[]*. ") {
			t.Errorf("%s has to be escaped", name)
		}
		names = append(names, name)
	}
	if len(names) != 6 { // inner, two boxes, call as a variant, loop, call by itself
		t.Errorf("definitions: %v", names)
	}
	compileSchema(t, schema)
}

type box[T any] struct {
	In T `json:"in,omitempty"`
}

// What the reader accepts, the schema accepts.
func TestTheSchemaAcceptsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t, specimenType.Schema())
	for _, members := range []string{
		`"count":1,"tiny":-128,"size":65535,"ratio":0.5,"single":1e30,"exact":1e5,"whole":-9223372036854775808`,
		`"every":"1d12h","since":"2024-02-29T12:00:00.5+02:00","mode":"full","strategy":"target_wins","address":"::1"`,
		`"every":"2w","name":"x","id":"appx","plain":"ab","on":true,"live":true,"pointer":5`,
		`"tags":["a","b"],"grid":[[1],[2,3]],"labels":{"a":"b"},"counts":{"a":0},"raw":null,"object":{},"wrapped":{"a":[]}`,
		`"token":"secret:sec_1","headers":{"A":"secret:sec_1"},"inner":{"a":1,"c":{"d":[]}},"above":"abc","below":0`,
		`"sources":[{"type":"airtable","config":{"base_id":"appX","api_key":"secret:sec_1"}},{"type":"web","config":{"then":[{"type":"web","config":{}}]},"auth":{},"by":"web"}]`,
		`"action":{"type":"loop","do":[{"type":"call"},{"type":"loop","do":[]}]}`,
		`"count":null,"every":null,"mode":null,"inner":null,"tags":null,"labels":null,"pointer":null,"since":null,"token":null,"action":null`,
	} {
		text := []byte(`{"text":"x","nullable":null,` + members + `}`)
		if _, found := specimenType.Decode(text); !found.OK() {
			t.Errorf("%s: %v", members, found.Faults())
		}
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", members, err)
		}
	}
}

// A blank is nothing to see, in a string, in the strings of a list or a map, and in
// the keys of a map; the other rules for the same text stay.
func TestTheSchemaKnowsBlanks(t *testing.T) {
	t.Parallel()
	type named struct {
		Name string            `json:"name,omitempty" nonempty:"true" pattern:"^[^x]*$"`
		List []string          `json:"list,omitempty" notBlank:"true"`
		Map  map[string]string `json:"map,omitempty" notBlank:"true" keyNotBlank:"true" keyPattern:"^[^x]*$" keyMaxLength:"3"`
		Keys map[string]int    `json:"keys,omitempty" keyNotBlank:"true"`
	}
	namedType := strictjson.For[named]()
	schema := compileSchema(t, namedType.Schema())
	for text, want := range map[string]string{
		`{"name":"a","list":["b"],"map":{"c":"d"},"keys":{"e":1}}`: "", `{"list":[],"map":{},"keys":{}}`: "", `{"name":null,"map":null}`: "",
		`{"name":" "}`: "/name", `{"name":"\ufeff"}`: "/name", `{"name":"x"}`: "/name", `{"list":["b","\u2003"]}`: "/list/1",
		`{"map":{"c":"\t"}}`: "/map/c", `{"map":{" ":"d"}}`: "/map/ ", `{"map":{"x":"d"}}`: "/map/x", `{"map":{"cccc":"d"}}`: "/map/cccc", `{"keys":{"":1}}`: "/keys/",
	} {
		var at []string
		_, found := namedType.Decode([]byte(text))
		for _, f := range found.Faults() {
			at = append(at, f.Pointer)
		}
		if got := strings.Join(at, ","); got != want {
			t.Errorf("%s: faults at %q, want %q", text, got, want)
		}
		if err := schema.Validate(instance(t, []byte(text))); (err == nil) != (want == "") {
			t.Errorf("%s: the schema says %v", text, err)
		}
	}
}

// What the reader refuses, the schema refuses, apart from what JSON Schema
// cannot say.
func TestTheSchemaRefusesWhatIsRefused(t *testing.T) {
	t.Parallel()
	cannotSay := []string{
		"addresses",             // formats of strings that a type reads itself
		"durations_3",           // more than the maximum of a duration
		"durations_4",           // less than the minimum
		"duplicate_keys",        // lost before a schema looks
		"duplicate_keys_in_raw", // the same
		"floats",                // beyond float32
		"invalid_utf8",          // how text is written
		"long_key",              // limits
		"lone_surrogates",       //
		"lone_surrogates_2",     //
		"number_of_400_digits",  //
		"overlong_utf8",         //
		"refused_keys_twice",    // how text is written
		"secrets_2",             // a credential and a broken reference look alike
		"times",                 // formats are annotations
		"times_2",               //
		"zero_character",        //
	}
	schema := compileSchema(t, specimenType.Schema())
	files, _ := filepath.Glob("testdata/bad/*.txt")
	refused := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, _, _ := strings.Cut(string(text), divider)
		parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
		if err != nil {
			continue // not JSON for anyone
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if schema.Validate(parsed) != nil {
			refused++
		} else if !slices.Contains(cannotSay, name) {
			t.Errorf("the schema accepts %s", name)
		}
	}
	if refused < 25 {
		t.Errorf("only %d documents were refused", refused)
	}
}

func compileSchema(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("specimen.json", instance(t, text)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("specimen.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
