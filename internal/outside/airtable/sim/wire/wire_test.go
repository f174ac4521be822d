package wire_test

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestStrings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                  `""`,
		"plain":             `"plain"`,
		"<b>&":              `"<b>&"`,
		"say \"hi\" \\ bye": `"say \"hi\" \\ bye"`,
		"a\nb\tc\rd":        `"a\nb\tc\rd"`,
		"\x00\x1f\x7f":      "\"\\u0000\\u001f\x7f\"",
		"ä€😀":               `"ä€😀"`,
		"bad \xff byte":     "\"bad \ufffd byte\"",
		"\ufffd":            "\"\ufffd\"",
	} {
		got := wire.Quote(text)
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		back, ok := wire.String(json.RawMessage(got))
		if !ok || back != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("%q reads back as %q", text, back)
		}
	}
	if got := string(wire.AppendStrings([]byte("x"), []string{"a", `"`})); got != `x["a","\""]` {
		t.Errorf("got %s", got)
	}
	if got := string(wire.AppendStrings(nil, nil)); got != "[]" {
		t.Errorf("no strings: %s", got)
	}
}

func TestWhatIsNotAString(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "null", "1", "{}", `["a"]`, "true", `"open`} {
		if got, ok := wire.String(json.RawMessage(raw)); ok {
			t.Errorf("%s reads as %q", raw, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]float64{
		"0": 0, "1": 1, "-1.5": -1.5, "0.1": 0.1, "100000000000000000000": 1e20, "1e+21": 1e21, "1e-07": 1e-7, "0.000001": 1e-6,
		"-0.000001": -1e-6, "12345678901234568": 12345678901234567, `{"specialValue":"NaN"}`: math.NaN(),
		`{"specialValue":"Infinity"}`: math.Inf(1), `{"specialValue":"-Infinity"}`: math.Inf(-1),
	} {
		if got := string(wire.AppendNumber(nil, n)); got != want {
			t.Errorf("%g: got %s, want %s", n, got, want)
		}
	}
}

func TestEncodeLeavesMarkupAlone(t *testing.T) {
	t.Parallel()
	if got := string(wire.Encode(map[string]any{"a": "<&>", "b": nil})); got != `{"a":"<&>","b":null}` {
		t.Errorf("got %s", got)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	a, b := wire.NewID("rec"), wire.NewID("rec")
	if a == b || len(a) != 17 || !wire.IsID(a, "rec") || wire.IsID(a, "tbl") {
		t.Errorf("got %s and %s", a, b)
	}
	one, other := wire.DerivedID("usr", "ann"), wire.DerivedID("usr", "bob")
	if one == other || one != wire.DerivedID("usr", "ann") || !wire.IsID(one, "usr") {
		t.Errorf("got %s and %s", one, other)
	}
	for text, want := range map[string]bool{
		"recABCDEFGHIJabcd": true, "recABCDEFGHIJ1234": true, "recABCDEFGHIJabc": false, "recABCDEFGHIJabc-": false, "recABCDEFGHIJabcä": false,
		"REC0123456789abcd": false, "rec": false, "": false, "rec" + strings.Repeat("x", 64): true, "rec" + strings.Repeat("x", 65): false,
	} {
		if got := wire.IsID(text, "rec"); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                    nil,
		"a=1":                 nil,
		"f=x":                 {"x"},
		"f=":                  {""},
		"f=x&f=y":             {"x", "y"},
		"f[]=x&f[]=y":         {"x", "y"},
		"f[0]=x&f[1]=y":       {"x", "y"},
		"f[1]=y":              nil, // an array begins at 0
		"f[0]=x&f[2]=z":       {"x"},
		"f[0]=x&f[]=y&f=z":    {"z", "y", "x"},
		"f%5B%5D=a&f%5B0%5D=": {"a", ""},
	} {
		query, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, wire.List(query, "f")); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if diff := cmp.Diff([]string{"a"}, wire.Indexed(url.Values{"f": {"x"}, "f[]": {"y"}, "f[0]": {"a"}}, "f")); diff != "" {
		t.Error(diff)
	}
}

func TestShapesOfErrors(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]wire.Error{
		`{"error":{"type":"A_B","message":"say \"x\""}}`:     {Type: "A_B", Message: `say "x"`},
		`{"error":{"type":"A_B"}}`:                           {Type: "A_B"},
		`{"error":"A_B"}`:                                    {Type: "A_B", Message: "unseen", Shape: wire.Word},
		`{"errors":[{"error":"A_B","message":"say \"x\""}]}`: {Type: "A_B", Message: `say "x"`, Shape: wire.Array},
		`<html>`: {Type: "unseen", Message: "<html>", Shape: wire.Text},
		string(wire.Invalid("T", "%d of them", 5).Body()):      {Type: "T", Message: "5 of them"},
		string(wire.UnknownField(`a"b`).Body()):                {Type: "UNKNOWN_FIELD_NAME", Message: `Unknown field name: "a\"b"`},
		string(wire.InvalidOffset("x").Body()):                 {Type: "INVALID_OFFSET_VALUE", Message: "The value of offset x is invalid"},
		string(wire.RowDoesNotExist("recX").Body()):            {Type: "ROW_DOES_NOT_EXIST", Message: "Record ID recX does not exist in this table"},
		`{"error":{"type":"FAILED_STATE_CHECK"}}`:              *wire.StateCheckFailed(),
		string((&wire.Error{Type: "X", RetryAfter: 7}).Body()): {Type: "X"},
	} {
		if got := string(e.Body()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := wire.Invalid("T", "m"); got.Status != 422 || got.Error() != "422 T: m" {
		t.Errorf("got %v", got)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	var into struct{ A int }
	if err := wire.Decode([]byte(`{"a":3,"more":1}`), &into); err != nil || into.A != 3 {
		t.Errorf("got %v, %v", into, err)
	}
	for body, want := range map[string]*wire.Error{
		`{"a":"x"}`: wire.InvalidParameters(), `[]`: wire.InvalidParameters(), `{`: wire.InvalidBody(), ``: wire.InvalidBody(), `{}x`: wire.InvalidBody(),
	} {
		if diff := cmp.Diff(want, wire.Decode([]byte(body), &into)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}
