package strictjson_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// shared is read alike by this package and by encoding/json.
type shared struct {
	Text   string            `json:"text,omitempty"`
	Flag   bool              `json:"flag,omitempty"`
	Int    int               `json:"int,omitempty"`
	Small  int8              `json:"small,omitempty"`
	Uint   uint32            `json:"uint,omitempty"`
	Float  float64           `json:"float,omitempty"`
	Single float32           `json:"single,omitempty"`
	Number json.Number       `json:"number,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	List   []string          `json:"list,omitempty"`
	Grid   [][]float64       `json:"grid,omitempty"`
	Map    map[string]string `json:"map,omitempty"`
	Pairs  map[string]*pair  `json:"pairs,omitempty"`
	Next   *shared           `json:"next,omitempty"`
	Must   *string           `json:"must"`
	In     struct {
		A []pair `json:"a,omitempty"`
	} `json:"in,omitzero"`
	pair
}

type pair struct {
	Left  string `json:"left,omitempty"`
	Right *int   `json:"right,omitempty"`
}

var sharedType = strictjson.For[shared]()

// checkAgainstStandard holds one document to what must be true of all.
func checkAgainstStandard(t *testing.T, text []byte) {
	t.Helper()
	got, found := sharedType.Decode(text)
	faults := found.Faults()
	limited, twice := false, false
	for _, f := range faults {
		limited = limited || strings.HasPrefix(f.Code, "too_")
		twice = twice || f.Code == strictjson.CodeDuplicateKey // which of both is meant?
	}
	for _, f := range faults {
		if f.Code == "" || f.Detail == "" || !utf8.ValidString(f.Pointer+f.Detail) {
			t.Errorf("%q has the fault %+q", text, f)
		}
		if f.Code != strictjson.CodeMalformed && !limited && !twice && !resolves(text, f.Pointer) {
			t.Errorf("%q: nothing is at %q: %s", text, f.Pointer, f.Detail)
		}
	}
	malformed := len(faults) == 1 && faults[0].Code == strictjson.CodeMalformed
	if malformed == json.Valid(text) && !limited {
		t.Errorf("%q: valid %v, but %v", text, json.Valid(text), faults)
	}
	var want shared
	if err := json.Unmarshal(text, &want); found.OK() && err != nil {
		t.Errorf("%q is accepted, but %v", text, err)
	}
	if found.OK() && !reflect.DeepEqual(got, want) {
		t.Errorf("%q: got %+v, want %+v", text, got, want)
	}
	if found.OK() && !utf8.Valid(text) {
		t.Errorf("%q is accepted", text)
	}
	stored, err := sharedType.DecodeStored(text)
	if found.OK() && (err != nil || !reflect.DeepEqual(stored, want)) {
		t.Errorf("%q: stored %+v, %v", text, stored, err)
	}
	checkSpecimen(t, text)
}

// checkSpecimen reads the same document as the type with everything in it: it
// must not panic, and never pass on a credential that it refuses.
func checkSpecimen(t *testing.T, text []byte) {
	t.Helper()
	_, found := freshType.Decode(text)
	value, err := freshType.DecodeStored(text)
	if err == nil {
		for _, s := range append([]source{}, value.Sources...) {
			if c, ok := s.Config.(*airtableSource); ok && c.APIKey != "" && !strings.HasPrefix(c.APIKey.Reveal(), "secret:sec_") {
				t.Errorf("%q: a credential in the clear", text)
			}
		}
	}
	places, err := freshType.Secrets(text)
	if err == nil {
		replaced, err := freshType.ReplaceSecrets(text, func(p strictjson.SecretPlace) (string, error) { return p.Value.Reveal(), nil })
		if err != nil || !json.Valid(replaced) {
			t.Errorf("%q with its own secrets: %q, %v", text, replaced, err)
		}
		again, err := freshType.Secrets(replaced)
		if err != nil || len(again) != len(places) {
			t.Errorf("%q: %d secrets, then %d, %v", text, len(places), len(again), err)
		}
	}
	if found.OK() {
		if _, err := freshType.ReplaceSecrets(text, func(strictjson.SecretPlace) (string, error) { return "secret:sec_1", nil }); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// resolves reports whether a pointer leads to a value, or to a member that an
// object there lacks. It knows nothing of this package.
func resolves(text []byte, pointer string) bool {
	var at any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // some are beyond float64
	if d.Decode(&at) != nil {
		return pointer == ""
	}
	if pointer == "" {
		return true
	}
	tokens := strings.Split(pointer, "/")
	for i, token := range tokens[1:] {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch node := at.(type) {
		case map[string]any:
			value, ok := node[token]
			if !ok {
				return i == len(tokens)-2
			}
			at = value
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil || n < 0 || n >= len(node) {
				return false
			}
			at = node[n]
		default:
			return false
		}
	}
	return true
}

// seeds are documents to begin with.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	all := [][]byte{
		[]byte(`{"must":null}`),
		[]byte(`{"text":"a\u00e4\ud83d\ude00\n","flag":true,"int":-5,"small":127,"uint":4294967295,"float":1.5e3,"single":0.1,"number":-0.0,"must":"x"}`),
		[]byte(`{"must":"","raw":{"a":[1,{"b":null}]},"list":["a",""],"grid":[[1],[],[2,3]],"map":{"a":"b","c/d":"~"},"pairs":{"x":{"left":"l","right":1},"y":null}}`),
		[]byte(`{"must":null,"next":{"must":"x","next":{"must":null}},"in":{"a":[{"left":"l"},{"right":null}]},"left":"up","right":2}`),
		[]byte(withSecrets),
	}
	files, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document, _, _ := strings.Cut(string(text), divider)
		all = append(all, []byte(document))
	}
	return all
}

// fragments are put into documents, or in place of what is there.
var fragments = []string{`"`, `\`, `\u0000`, `\ud800`, `\udc00`, `\u0041`, `{`, `}`, `[`, `]`, `,`, `:`, `null`, `true`, `0`, `-`, `1.0`, `1e5`, `1e400`, `-0`, `99999999999999999999`,
	"\xff", "\xc3", "\xed\xa0\x80", "\u2028", "\uFEFF", "\n", "\t", "\x00", "\x1f", " ", `"must":1,`, `"Text":1,`, `"next":{"must":null},`, `"raw":{"a":1,"a":2},`, `"token":"x",`,
	`"type":"web",`, `"config":{},`, `"must"`, `"x"`, `{}`, `[]`, `/`, `~`}

// mutate changes a few things in a document.
func mutate(r *rand.Rand, text []byte) []byte {
	out := append([]byte(nil), text...)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(out) + 1)
		end := min(at+r.IntN(6), len(out))
		var put string
		switch r.IntN(4) {
		case 0: // cut
		case 1: // double
			put = string(out[at:end]) + string(out[at:end])
		default:
			put = fragments[r.IntN(len(fragments))]
		}
		out = append(out[:at:at], append([]byte(put), out[end:]...)...)
	}
	return out
}

// TestRandomDocuments is the fuzz test with a fixed amount of work.
func TestRandomDocuments(t *testing.T) {
	t.Parallel()
	start := seeds(t)
	for _, text := range start {
		checkAgainstStandard(t, text)
	}
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			for range 5_000 {
				checkAgainstStandard(t, mutate(r, start[r.IntN(len(start))]))
				if t.Failed() {
					return
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	f.Fuzz(checkAgainstStandard)
}
