package syntax_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson/syntax"
)

const nested = ` {"a":[1,{"b~c/d":"x"},[]], "":{"":null}, "~1":true,"\u0065\"":[[false]]} `

func parsed(t *testing.T, text string) *syntax.Document {
	t.Helper()
	doc, flaws, fatal := syntax.Parse([]byte(text), syntax.Limits{})
	if len(flaws) > 0 || fatal != nil {
		t.Fatalf("%s: %v, %v", text, flaws, fatal)
	}
	return doc
}

func TestNodesStandInTheOrderOfTheText(t *testing.T) {
	t.Parallel()
	doc := parsed(t, nested)
	var got []string
	for n := range doc.Len() {
		start, end := doc.Span(n)
		if nested[start:end] != string(doc.Raw(n)) || doc.Refused(n) {
			t.Errorf("node %d: %q at %d to %d", n, doc.Raw(n), start, end)
		}
		got = append(got, fmt.Sprintf("%d %s > %d %s", doc.Type(n), doc.Raw(n), doc.After(n), doc.Pointer(n)))
	}
	want := []string{
		`0 {"a":[1,{"b~c/d":"x"},[]], "":{"":null}, "~1":true,"\u0065\"":[[false]]} > 17 `,
		`2 "a" > 2 /a`, `1 [1,{"b~c/d":"x"},[]] > 8 /a`, `3 1 > 4 /a/0`, `0 {"b~c/d":"x"} > 7 /a/1`, `2 "b~c/d" > 6 /a/1/b~0c~1d`, `2 "x" > 7 /a/1/b~0c~1d`, `1 [] > 8 /a/2`,
		`2 "" > 9 /`, `0 {"":null} > 12 /`, `2 "" > 11 //`, `6 null > 12 //`,
		`2 "~1" > 13 /~01`, `4 true > 14 /~01`,
		`2 "\u0065\"" > 15 /e"`, `1 [[false]] > 17 /e"`, `1 [false] > 17 /e"/0`, `5 false > 18 /e"/0/0`,
	}
	want[0] = strings.Replace(want[0], "> 17 ", "> 18 ", 1)
	want[15], want[16] = `1 [[false]] > 18 /e"`, `1 [false] > 18 /e"/0`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFindReversesPointer(t *testing.T) {
	t.Parallel()
	doc := parsed(t, nested)
	isKey := map[int]bool{}
	for n := range doc.Len() {
		if doc.Type(n) == syntax.Object {
			for key := range doc.Members(n) {
				isKey[key] = true
			}
		}
		if got := doc.Find(doc.Pointer(n)); !isKey[n] && got != n || isKey[n] && got != n+1 {
			t.Errorf("%q: node %d, want %d", doc.Pointer(n), got, n)
		}
	}
	for pointer, want := range map[string]string{"/gone": "", "/a/3": "/a", "/a/-1": "/a", "/a/01": "/a", "/a/1/gone/deeper": "/a/1", "/a/0/b": "/a/0", "/~1": "", "/~01/x": "/~01", "/a/+1": "/a"} {
		if got := doc.Pointer(doc.Find(pointer)); got != want {
			t.Errorf("%q: %q, want %q", pointer, got, want)
		}
	}
}

func TestTextOfStrings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`""`:                          "",
		`"plain äöü €"`:               "plain äöü €",
		`"\"\\\/\b\f\n\r\t"`:          "\"\\/\b\f\n\r\t",
		`"\u00e4\u00E4\uabcd\uABCD"`:  "ää\uabcd\uabcd",
		`"\ud83d\ude00x\uD83D\uDE00"`: "😀x😀",
		`"\ud800\udc00\udbff\udfff"`:  "\U00010000\U0010FFFF",
		`"\ud7ff\ue000\ufffd\uffff"`:  "\ud7ff\ue000\ufffd\uffff",
		`"\u0001\u001f\u007f\u0080"`:  "\x01\x1f\x7f\u0080",
		"\"\u2028\x7f\"":              "\u2028\x7f",
		`"\\u0041\\\u0041"`:           `\u0041\A`,
	} {
		doc := parsed(t, text)
		if got := doc.Text(0); got != want || string(doc.Bytes(0)) != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestFlawsArePassedOver(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 1023) // a key of 1025 bytes with its quotes
	for text, want := range map[string]string{
		"[\"\xff\"]":                      "/0 invalid_text",
		"{\"\xff\":[1e999],\"b\":1e999}":  " invalid_text, out_of_range, /b out_of_range",
		`["\u0000","\ud800","\udc00"]`:    "/0 invalid_text, /1 invalid_text, /2 invalid_text",
		`[1e308,1e309,-1e309,1e-999]`:     "/1 out_of_range, /2 out_of_range",
		`{"` + long + `":1}`:              " too_long",
		`{"` + long[1:] + `":1}`:          "",
		`{"a":{"` + long + `":"\u0000"}}`: "/a too_long, /a invalid_text",
		"[" + strings.Repeat("9", 308) + "," + strings.Repeat("9", 309) + "]": "/1 out_of_range",
	} {
		doc, flaws, fatal := syntax.Parse([]byte(text), syntax.Limits{})
		var got []string
		for _, f := range flaws {
			if !doc.Refused(f.Node) || f.Detail == "" {
				t.Errorf("%.40q: %+v", text, f)
			}
			got = append(got, strings.TrimLeft(doc.Pointer(f.Node)+" "+f.Code, "")) // a refused key has the pointer of its object
		}
		joined := strings.ReplaceAll(strings.Join(got, ", "), ",  ", ", ")
		if joined != want || fatal != nil {
			t.Errorf("%.40q: %q, want %q; %v", text, joined, want, fatal)
		}
	}
}

// A refused key leads nowhere, although its bytes could be compared.
func TestARefusedKeyIsNotFound(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 2000)
	doc, flaws, _ := syntax.Parse([]byte(`{"a":1,"`+key+`":2}`), syntax.Limits{})
	if len(flaws) != 1 || doc.Find("/"+key) != 0 || doc.Child(0, key) != -1 || doc.Find("/a") == 0 {
		t.Errorf("%v", flaws)
	}
}

func TestFatalFlaws(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:               "the document is empty",
		" \r\n\t":        "the document is empty",
		`{"a":1`:         "line 1, column 7: a comma or } should stand here",
		"[1,\n\n 2":      "line 3, column 3: a comma or ] should stand here",
		`nul`:            "line 1, column 1: a value should stand here",
		`truE`:           "line 1, column 1: a value should stand here",
		`nulll`:          "line 1, column 5: there is text after the end",
		`1 2`:            "line 1, column 3: there is text after the end",
		`01`:             "line 1, column 2: this is not how JSON writes a number",
		`-`:              "line 1, column 2: digits should follow the minus sign",
		`-a`:             "line 1, column 2: digits should follow the minus sign",
		`1.`:             "line 1, column 3: digits should follow the decimal point",
		`1.e5`:           "line 1, column 3: digits should follow the decimal point",
		`1e+`:            "line 1, column 4: digits should follow the exponent",
		`1_000`:          "line 1, column 2: this is not how JSON writes a number",
		`.5`:             "a number has a digit before the point",
		"\u00a01":        "line 1, column 1: a value should stand here",
		"\"ä\x01\"":      "line 1, column 3: a control character",
		"\"\x1f\"":       "line 1, column 2: a control character",
		`"\x"`:           `line 1, column 3: a backslash begins no escape`,
		`"\u123"`:        `line 1, column 3: four hexadecimal digits`,
		`"\u`:            `line 1, column 3: four hexadecimal digits`,
		`"\`:             `line 1, column 3: a backslash begins no escape`,
		`{1:2}`:          "line 1, column 2: a key in double quotes",
		`{"a"=1}`:        "line 1, column 5: a colon should stand here",
		`{"a":1,,"b":2}`: "line 1, column 8: a key in double quotes",
		`[1,,2]`:         "line 1, column 4: a value should stand here",
		`[`:              "line 1, column 2: the document ends where a value",
		`{`:              "line 1, column 2: a key in double quotes should stand here, but the document ends",
		`]`:              "line 1, column 1: a value should stand here; remove the comma before",
	} {
		doc, _, fatal := syntax.Parse([]byte(text), syntax.Limits{})
		if fatal == nil || fatal.Code != syntax.CodeMalformed || !strings.Contains(fatal.Detail, want) || fatal.Node != 0 {
			t.Errorf("%q: %+v, want %s", text, fatal, want)
		}
		for n := range doc.Len() { // what there is can be walked
			_ = doc.Pointer(n)
			if doc.Type(n) == syntax.Object {
				for key, value := range doc.Members(n) {
					if value <= key || value >= doc.Len() {
						t.Errorf("%q has the member %d, %d of %d nodes", text, key, value, doc.Len())
					}
				}
			}
		}
	}
}

// Whatever is asked for first is all that is read.
func TestWalksCanBeLeft(t *testing.T) {
	t.Parallel()
	doc := parsed(t, `{"a":[1,2,3],"b":2}`)
	for key, value := range doc.Members(0) {
		if doc.Text(key) != "a" || value != 2 {
			t.Errorf("%d, %d", key, value)
		}
		break
	}
	var seen []int
	for i := range doc.Items(2) {
		if seen = append(seen, i); i == 1 {
			break
		}
	}
	if !slices.Equal(seen, []int{0, 1}) {
		t.Errorf("%v", seen)
	}
	for token := range syntax.Tokens("/a~1b/~01/") {
		if token != "a/b" {
			t.Error(token)
		}
		break
	}
	if got := slices.Collect(syntax.Tokens("/a~1b/~01//0")); !slices.Equal(got, []string{"a/b", "~1", "", "0"}) {
		t.Errorf("%q", got)
	}
}
