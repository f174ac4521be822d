package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// compiled returns what is wrong with a declaration.
func compiled[T any](options ...strictjson.Option) func() error {
	return func() error {
		_, err := strictjson.Compile[T](options...)
		return err
	}
}

type ownReader struct{}

func (*ownReader) UnmarshalJSON([]byte) error { return nil }

type (
	endless      []endless
	endlessMap   map[string]endlessMap
	endlessOther *endlessOther
	treeList     []tree
	tree         struct {
		Children treeList         `json:"children,omitempty" minItems:"1"`
		ByName   map[string]*tree `json:"by_name,omitempty"`
		Next     *tree            `json:"next,omitempty"`
	}
)

func TestWrongDeclarations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		compile func() error
		says    []string
	}{
		"a field without a name": {compiled[struct{ A int }](), []string{"A: the field has no name"}},
		"only options": {compiled[struct {
			A int `json:",omitempty"`
		}](), []string{"A: the field has no name"}},
		"as a string": {compiled[struct {
			A int `json:"a,string"`
		}](), []string{"option string of the json tag"}},
		"an embedded one of a name": {compiled[struct {
			embedded
			A int `json:"below"`
		}](), []string{`two fields are called "below"`}},
		"an embedded pointer": {compiled[struct{ *embedded }](), []string{"only a struct can be embedded"}},
		"an unexported type with a name": {compiled[struct {
			embedded `json:"e"`
		}](), []string{"embedded: the type is not exported"}},
		"an unknown tag": {compiled[struct {
			A string `json:"a" maxlength:"5"`
		}](), []string{`unknown tag maxlength; did you mean "maxLength"?`}},
		"several at once": {compiled[struct {
			A string `json:"a" minimum:"1" maxItems:"x"`
			B struct {
				C chan int `json:"c"`
			} `json:"b" pattern:"("`
		}](), []string{"A: tag minimum: it does not fit a string", "maxItems", "B.C: chan int has no form in JSON", "B: tag pattern: error parsing regexp"}},
		"a number that is none": {compiled[struct {
			A int `json:"a" minimum:"low"`
		}](), []string{"A: tag minimum"}},
		"a length below zero": {compiled[struct {
			A string `json:"a" minLength:"-1"`
		}](), []string{"A: tag minLength"}},
		"a bound of a duration": {compiled[struct {
			A time.Duration `json:"a" minimum:"5"`
		}](), []string{"A: tag minimum: not a duration"}},
		"a bool that is none": {compiled[struct {
			A string `json:"a" required:"maybe" nonempty:"perhaps"`
		}](), []string{"tag required", "tag nonempty"}},
		"an order that is none": {compiled[struct {
			A string `json:"a" order:"first"`
		}](), []string{"tag order"}},
		"tags of other types": {compiled[struct {
			A int               `json:"a" minLength:"1"`
			B string            `json:"b" minItems:"1" minProperties:"1" keyPattern:"x" keyMinLength:"1"`
			C bool              `json:"c" enum:"true" nonempty:"true"`
			D map[string]string `json:"d" uniqueItems:"true"`
			E []bool            `json:"e" cron:"true"`
			F json.Number       `json:"f" minimum:"1"`
			G secret.Secret     `json:"g" minLength:"1" pattern:"x"`
			H string            `json:"h" variant:"a"`
			I int               `json:"i" connection:"x"`
			J int               `json:"j" expression:"x"`
			K int               `json:"k" options:"x"`
			L *int              `json:"l" uniqueItems:"true" maxItems:"1"`
		}](), []string{"A: tag minLength", "B: tag minItems", "tag minProperties", "tag keyPattern", "tag keyMinLength", "C: tag enum", "tag nonempty",
			"D: tag uniqueItems", "E: tag cron", "F: tag minimum", "G: tag minLength", "tag pattern", "H: tag variant", "I: tag connection", "J: tag expression", "K: tag options", "L: tag uniqueItems", "tag maxItems"}},
		"bounds that cross": {compiled[struct {
			A int            `json:"a" minimum:"2" maximum:"1"`
			B string         `json:"b" minLength:"2" maxLength:"1"`
			C []int          `json:"c" minItems:"2" maxItems:"1"`
			D map[string]int `json:"d" minProperties:"2" maxProperties:"1"`
			E map[string]int `json:"e" keyMinLength:"2" keyMaxLength:"1"`
			F []float64      `json:"f" exclusiveMinimum:"2" exclusiveMaximum:"1"`
		}](), []string{"A: a minimum is above", "B: a minimum is above", "C: a minimum is above", "D: a minimum is above", "E: a minimum is above", "F: a minimum is above"}},
		"a default that is required": {compiled[struct {
			A int `json:"a" default:"1"`
		}](), []string{"a required field with a default"}},
		"defaults that are refused": {compiled[struct {
			A int           `json:"a,omitempty" default:"x"`
			B int           `json:"b,omitempty" default:"5" maximum:"4"`
			C string        `json:"c,omitempty" default:"z" enum:"x,y"`
			D time.Duration `json:"d,omitempty" default:"soon"`
			E []int         `json:"e,omitempty" default:"1,2"`
			F inner         `json:"f,omitempty" default:"{}"`
			G secret.Secret `json:"g,omitempty" default:"x"`
		}](), []string{`A: tag default: "x" is not JSON`, "B: tag default: must be 4 or less", `C: tag default: must be "x" or "y"`, "D: tag default: must be a duration",
			`E: tag default: "1,2" is not JSON`, "F: tag default: /a: a is missing", "G: tag default: a credential has no default"}},
		"an example that is refused": {compiled[struct {
			A string `json:"a" example:"xyz" maxLength:"2"`
			B int    `json:"b" example:"xyz"`
		}](), []string{"A: tag example: must have at most 2", `B: tag example: "xyz" is not JSON`}},
		"unavailable alone": {compiled[struct {
			A string `json:"a" unavailable:"x"`
		}](), []string{"unavailable needs an enum"}},
		"dependsOn alone": {compiled[struct {
			A string `json:"a" dependsOn:"1/a"`
		}](), []string{"dependsOn needs options"}},
		"dependsOn nothing": {compiled[struct {
			A string `json:"a" options:"o" dependsOn:"1/base"`
			B string `json:"bases"`
		}](), []string{`no field "base" beside it; did you mean "bases"?`}},
		"dependsOn a name": {compiled[struct {
			A string `json:"a" options:"o" dependsOn:"b"`
			B string `json:"b" options:"o" dependsOn:"0/a"`
		}](), []string{`A: tag dependsOn: "b" is not a relative JSON pointer`, `B: tag dependsOn: "0/a"`}},
		"unique structs": {compiled[struct {
			A []inner `json:"a" uniqueItems:"true"`
		}](), []string{"uniqueItems compares"}},
		"unique lists": {compiled[struct {
			A [][]int `json:"a" uniqueItems:"true"`
		}](), []string{"uniqueItems compares"}},
		"an interface": {compiled[struct {
			A any `json:"a"`
		}](), []string{"A: interface {} can be anything"}},
		"keys that are numbers": {compiled[map[int]string](), []string{"keys that are not strings"}},
		"bytes":                 {compiled[[]byte](), []string{"is bytes"}},
		"an array":              {compiled[[2]int](), []string{"has no form in JSON"}},
		"a function":            {compiled[func()](), []string{"has no form in JSON"}},
		"a reader of its own":   {compiled[ownReader](), []string{"reads JSON by itself"}},
		"a list of itself":      {compiled[endless](), []string{"has no end"}},
		"a map of itself":       {compiled[endlessMap](), []string{"has no end"}},
		"a pointer to itself":   {compiled[endlessOther](), []string{"has no end"}},
		"a variant that is no struct": {compiled[action](strictjson.OneOf[action]("type", strictjson.Variant[int]("a", ""))),
			[]string{"(a): int is not a struct"}},
		"a variant that reads itself": {compiled[action](strictjson.OneOf[action]("type", strictjson.Variant[time.Time]("a", ""))),
			[]string{"time.Time is not a struct"}},
		"a variant of another interface": {compiled[sourceConfig](strictjson.OneOf[sourceConfig]("type", strictjson.Variant[call]("a", ""))),
			[]string{"does not implement"}},
		"two variants of a name": {compiled[action](strictjson.OneOf[action]("type", strictjson.Variant[call]("a", ""), strictjson.Variant[loop]("a", ""), strictjson.Variant[call]("", ""))),
			[]string{"(a): each variant needs a name of its own", "(): each variant needs"}},
		"no variants":                {compiled[action](strictjson.OneOf[action]("type")), []string{"has no variants"}},
		"a union of a struct":        {compiled[inner](strictjson.OneOf[inner]("type")), []string{"not an interface"}},
		"a union twice":              {compiled[inner](strictjson.OneOf[action]("type"), strictjson.OneOf[action]("kind")), []string{"declared before"}},
		"a union without a selector": {compiled[[]action](strictjson.OneOf[action]("", strictjson.Variant[call]("a", ""))), []string{"nothing says which variant"}},
		"a selector in a field without one": {compiled[struct {
			A action `json:"a"`
		}](strictjson.OneOf[action]("", strictjson.Variant[call]("a", ""))), []string{"A: nothing says which variant"}},
		"a variant by nothing": {compiled[struct {
			A action `json:"a" variant:"b"`
			B int    `json:"b"`
			C action `json:"c" variant:"d"`
		}](strictjson.OneOf[action]("", strictjson.Variant[call]("a", ""))), []string{`A: variant "b" is not a string field`, `C: variant "d" is not a string field`}},
		"a selector that is a number": {compiled[action](strictjson.OneOf[action]("a", strictjson.Variant[inner]("x", ""))), []string{`(x): its field "a" is the selector and not a string`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.compile()
			if err == nil {
				t.Fatal("nothing is wrong with it")
			}
			for _, says := range test.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q is not in:\n%v", says, err)
				}
			}
		})
	}
}

func TestForPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "no form in JSON") {
			t.Errorf("%v", err)
		}
	}()
	strictjson.For[chan int]()
}

func TestTypesThatContainThemselves(t *testing.T) {
	t.Parallel()
	lists, err := strictjson.Compile[treeList]()
	if err != nil {
		t.Fatal(err)
	}
	got, found := lists.Decode([]byte(`[{"next":{"by_name":{"a":{"children":[{}]}}}}]`))
	if !found.OK() || got[0].Next.ByName["a"].Children[0].Next != nil {
		t.Errorf("%+v, %v", got, found.Faults())
	}
	_, found = lists.Decode([]byte(`[{"next":{"by_name":{"a":{"children":[]}}}}]`))
	if text := lines(found.Faults()); text != "\"/0/next/by_name/a/children\" out_of_range: must have at least 1 item\n" {
		t.Error(text)
	}
}

// Tags that belong to other libraries, and fields that are not for JSON, do not
// disturb.
func TestStructsOfOthers(t *testing.T) {
	t.Parallel()
	type body struct {
		_      struct{} `additionalProperties:"false"`
		Name   string   `json:"name" yaml:"name" nameHint:"Name" required:"false"`
		State  string   `json:"state,omitempty" required:"true" nullable:"false"`
		hidden func()
		Out    chan int `json:"-"`
	}
	_, found := strictjson.For[body]().Decode([]byte(`{"hidden":1}`))
	if got := codesOf(found.Faults()); got != "required unknown_field" {
		t.Error(lines(found.Faults()))
	}
	_ = body{}.hidden
}
