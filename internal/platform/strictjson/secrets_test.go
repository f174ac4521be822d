package strictjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// withSecrets holds a secret in each place that there is.
const withSecrets = `{"text":"x", "nullable":null,
	"token" : "S1",
	"headers":{"a.b/c~d":"S2","":"S3"},
	"sources":[
		{"config":{"api_key":"S4","base_id":"not one"},"type":"airtable"},
		{"type":"web","config":{"token":"S5","then":[{"type":"web","config":{"token":"S6"},"auth":{"token":"S7","api_key":"not one"}}]}},
		{"type":"unknown","config":{"api_key":"not one"}},
		{"config":{"api_key":"not one"}},
		{"type":"web","config":{"api_key":"not one"}}],
	"action":{"do":[{"type":"loop","key":"S8","do":[]},{"type":"call","key":"not one"},{"key":"not one"},{"type":5,"key":"not one"}],"type":"loop","key":"\u0053\u0039"},
	"raw":{"token":"not one","headers":{"a":"not one"}}, "unknown":{"token":"not one"}, "name":"not one"}`

func TestSecretPointers(t *testing.T) {
	t.Parallel()
	want := []string{"/action/**/key", "/action/key", "/headers/*",
		"/sources/*/**/auth/api_key", "/sources/*/**/auth/token", "/sources/*/**/config/api_key", "/sources/*/**/config/token",
		"/sources/*/auth/api_key", "/sources/*/auth/token", "/sources/*/config/api_key", "/sources/*/config/token", "/token"}
	got := specimenType.SecretPointers()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	flat := strictjson.For[struct {
		A []struct {
			Key secret.Secret `json:"api_key"`
		} `json:"source_bases"`
		B map[string][]*secret.Secret `json:"a/b~c"`
		C string                      `json:"c"`
		embeddedSecret
	}]()
	if diff := cmp.Diff([]string{"/a~1b~0c/*/*", "/inside", "/source_bases/*/api_key"}, flat.SecretPointers()); diff != "" {
		t.Error(diff)
	}
	if none := strictjson.For[inner]().SecretPointers(); len(none) > 0 {
		t.Errorf("a type without secrets: %v", none)
	}
	places, err := specimenType.Secrets([]byte(withSecrets))
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range places {
		if !slices.ContainsFunc(got, func(pattern string) bool { return matches(pattern, place.Pointer) }) {
			t.Errorf("no pattern of %v for %s", got, place.Pointer)
		}
	}
	if slices.ContainsFunc(got, func(pattern string) bool { return matches(pattern, "/name") || matches(pattern, "/raw/token") }) {
		t.Errorf("a pattern for what is not a secret: %v", got)
	}
}

type embeddedSecret struct {
	Inside secret.Secret `json:"inside,omitempty"`
}

// matches reports whether a pointer is one of a pattern.
func matches(pattern, pointer string) bool {
	return matchTokens(strings.Split(pattern, "/")[1:], strings.Split(pointer, "/")[1:])
}

func matchTokens(pattern, pointer []string) bool {
	switch {
	case len(pattern) == 0 || len(pointer) == 0:
		return len(pattern) == len(pointer)
	case pattern[0] == "**":
		return matchTokens(pattern[1:], pointer[1:]) || matchTokens(pattern, pointer[1:])
	}
	return (pattern[0] == "*" || pattern[0] == pointer[0]) && matchTokens(pattern[1:], pointer[1:])
}

func TestSecretsAreFoundWhereTheyAre(t *testing.T) {
	t.Parallel()
	places, err := specimenType.Secrets([]byte(withSecrets))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, place := range places {
		got = append(got, place.Value.Reveal()+" "+place.Pointer)
	}
	want := []string{"S1 /token", "S2 /headers/a.b~1c~0d", "S3 /headers/", "S4 /sources/0/config/api_key", "S5 /sources/1/config/token",
		"S6 /sources/1/config/then/0/config/token", "S7 /sources/1/config/then/0/auth/token", "S8 /action/do/0/key", "S9 /action/key"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A key that occurs twice is refused later, but both of its secrets are secrets.
func TestSecretsUnderKeysThatOccurTwice(t *testing.T) {
	t.Parallel()
	places, err := specimenType.Secrets([]byte(`{"token":"A","token":"B","sources":[{"type":"web","config":{"token":"C"},"config":{"token":"D"},"type":"airtable"}]}`))
	if err != nil || len(places) != 4 {
		t.Errorf("%v, %v", places, err)
	}
}

func TestReplaceSecrets(t *testing.T) {
	t.Parallel()
	n := 0
	got, err := specimenType.ReplaceSecrets([]byte(withSecrets), func(place strictjson.SecretPlace) (string, error) {
		n++
		return fmt.Sprintf("secret:sec_%d", n), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := withSecrets
	for i, old := range []string{`"S1"`, `"S2"`, `"S3"`, `"S4"`, `"S5"`, `"S6"`, `"S7"`, `"S8"`, `"\u0053\u0039"`} {
		want = strings.Replace(want, old, fmt.Sprintf(`"secret:sec_%d"`, i+1), 1)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("every other byte stays:\n%s", diff)
	}
	quoted, err := specimenType.ReplaceSecrets([]byte(`{"token":"S1"}`), func(strictjson.SecretPlace) (string, error) { return `a"b<`, nil })
	if err != nil || !json.Valid(quoted) {
		t.Errorf("%s, %v", quoted, err)
	}
	failed := errors.New("no room")
	_, err = specimenType.ReplaceSecrets([]byte(withSecrets), func(place strictjson.SecretPlace) (string, error) {
		if place.Value == "S2" {
			return "", failed
		}
		return "", nil
	})
	if !errors.Is(err, failed) || !strings.Contains(err.Error(), "/headers/a.b~1c~0d") {
		t.Errorf("%v", err)
	}
}

func TestReplaceSecretsBehindAMark(t *testing.T) {
	t.Parallel()
	file := strictjson.For[embeddedSecret](strictjson.ByteOrderMark(), strictjson.EmptyIsObject())
	got, err := file.ReplaceSecrets([]byte("\uFEFF{\"inside\":\"S1\"}"), func(strictjson.SecretPlace) (string, error) { return "x", nil })
	if err != nil || string(got) != `{"inside":"x"}` {
		t.Errorf("%q, %v", got, err)
	}
	got, err = file.ReplaceSecrets([]byte(" "), nil)
	if err != nil || string(got) != " " {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSecretsOfWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]string{
		`{"token":"canary`:        strictjson.CodeMalformed,
		``:                        strictjson.CodeMalformed,
		"{\"token\":\"can\xff\"}": strictjson.CodeInvalidText,
		`{"headers":{` + strings.TrimSuffix(strings.Repeat(`"a":"canary",`, 1001), ",") + `}}`: strictjson.CodeTooManyValues,
	} {
		places, err := specimenType.Secrets([]byte(text))
		var wrong *strictjson.Error
		if !errors.As(err, &wrong) || wrong.Faults[0].Code != code || strings.Contains(err.Error(), "can") {
			t.Errorf("%.40q: %v", text, err)
		}
		if len(places) > 1000 {
			t.Errorf("%d places", len(places))
		}
		if _, err := specimenType.ReplaceSecrets([]byte(text), nil); err == nil {
			t.Errorf("%.40q is replaced", text)
		}
	}
	if places, err := specimenType.Secrets([]byte(`[1]`)); err != nil || len(places) > 0 {
		t.Errorf("another document: %v, %v", places, err)
	}
}

func TestNewCredentials(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`"patCanary.0123"`:                       "",
		`"secret:sec_1"`:                         "",
		`"` + strings.Repeat("x", 8<<10) + `"`:   "",
		`"` + strings.Repeat("x", 8<<10+1) + `"`: "too_long",
		`""`:                                     "required",
		`" \t "`:                                 "required",
		`"***"`:                                  "invalid",
		`"patCanary\n"`:                          "invalid",
		`"patCan\u0007ary"`:                      "invalid",
		`"secret:patCanary"`:                     "invalid",
		`"secret:"`:                              "invalid",
		`"secret:sec_a b"`:                       "invalid",
		`5`:                                      "wrong_type",
		`["patCanary"]`:                          "wrong_type",
		`{"a":"patCanary"}`:                      "wrong_type",
		`true`:                                   "wrong_type",
		"\"patCanary\xff\"":                      "invalid_text",
		`"patCanary\ud800"`:                      "invalid_text",
	} {
		got, found := freshType.Decode([]byte(`{"text":"x","nullable":null,"token":` + value + `}`))
		if codes := codesOf(found.Faults()); codes != want {
			t.Errorf("%.40s: %q, want %q", value, codes, want)
		}
		for _, f := range found.Faults() {
			if f.Pointer != "/token" || strings.Contains(f.Detail, "Can") {
				t.Errorf("%+v", f)
			}
		}
		if found.OK() != (got.Token.Reveal() != "") {
			t.Errorf("%.40s: what is refused must not be passed on", value)
		}
		_, err := freshType.DecodeStored([]byte(`{"token":` + value + `}`))
		if (err == nil) != (value == `"secret:sec_1"`) {
			t.Errorf("%.40s is stored: %v", value, err)
		}
		if err != nil && strings.Contains(err.Error(), "Can") {
			t.Errorf("the error quotes it: %v", err)
		}
	}
}

// Wherever a credential stands, also in the wrong place, nothing that this
// package says quotes it.
func TestNoFaultQuotesAValue(t *testing.T) {
	t.Parallel()
	const canary = "patCanary"
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for _, member := range []string{"text", "name", "id", "plain", "on", "count", "ratio", "exact", "every", "since", "mode", "strategy", "address", "pointer", "tags", "grid",
		"labels", "counts", "object", "token", "headers", "inner", "inners", "sources", "action", "unknown", "above"} {
		for _, format := range []string{`%q`, `[%q]`, `{"x":%q}`, `[{"type":%q}]`, `{"type":%q}`, `[{"type":"web","config":%q}]`, `[{"type":"web","config":{"url":1,"token":%q}}]`,
			`[%q, %[1]q, "", 5]`, `{"a":{"b":[%q]}}`, `"x%q`, `%q"`, `'%q'`, `{"a":%q,}`, `[%q}`, `"\ud800%[2]s"`, `{"b":%q}`, `[{"b":%q}]`, `{"c":{"d":[%q]}}`, `[[%q]]`} {
			text := fmt.Sprintf(`{"text":"x","nullable":"x",%q:`+format+`}`, member, canary)
			text = strings.ReplaceAll(strings.ReplaceAll(text, "%!s(BADINDEX)", canary), `\ud800"`, `\ud800`+canary+`"`)
			value, found := specimenType.Decode([]byte(text))
			said := lines(found.Faults()) + lines(found.Warnings()) + fmt.Sprint(found.Err())
			_, err := specimenType.DecodeStored([]byte(text))
			_, second := specimenType.Secrets([]byte(text))
			said += fmt.Sprint(err, second)
			logger.Info("decoded", "token", value.Token, "error", found.Err())
			if strings.Contains(said, "Canary") {
				t.Errorf("%s says %s", text, said)
			}
		}
	}
	if strings.Contains(log.String(), "Canary") {
		t.Error("a log line has it")
	}
}

func TestStoredDocuments(t *testing.T) {
	t.Parallel()
	accepted := map[string]string{
		"not valid any more": `{"text":"much longer than twenty characters","count":1000,"mode":"gone","tags":[],"every":"100d","name":" ","plain":"A","labels":{"":"toolong"},"ratio":5,"strategy":"merge"}`,
		"missing fields":     `{}`,
		"unknown fields":     `{"gone":{"deep":[1]},"Text":1,"inner":{"gone":1}}`,
		"keys twice":         `{"text":"a","text":"b","raw":{"a":1,"a":2}}`,
		"a reference":        `{"token":"secret:sec_1","headers":{"a":"secret:sec_2"},"sources":[{"type":"airtable","config":{"api_key":"secret:sec_3"}}]}`,
		"null":               `{"text":null,"token":null,"headers":null}`,
		"twice in a list":    `{"tags":["a","a"]}`,
	}
	for name, text := range accepted {
		if _, err := specimenType.DecodeStored([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := map[string]string{
		`{"token":"patCanary"}`:             "/token: is a credential in the clear",
		`{"headers":{"a":"secret:canary"}}`: "/headers/a: is not a reference",
		`{"token":""}`:                      "/token: the credential is blank",
		`{"token":["secret:sec_1"]}`:        "/token: must be a credential in a string",
		`{"sources":[{"type":"airtable","config":{"api_key":"patCanary"}}]}`: "/sources/0/config/api_key: is a credential",
		`{"sources":[{"type":"gone","config":{}}]}`:                          `/sources/0/type: must be "airtable" or "web"`,
		`{"sources":[{"config":{"api_key":"patCanary"}}]}`:                   "/sources/0/type: type is missing",
		`{"action":{"type":"gone"}}`:                                         `/action/type: must be "call" or "loop"`,
		`{"action":{}}`:                                                      "/action/type: type is missing",
		`{"count":"5"}`:                                                      "/count: must be a whole number",
		`{"tiny":1000}`:                                                      "/tiny: must be -128 to 127",
		`{"since":"yesterday","every":"soon"}`:                               "/every: must be a duration",
		`[]`:                                                                 "must be an object",
		`{`:                                                                  "not JSON",
		"{\"name\":\"\xff\"}":                                                "/name: the text has bytes that are not UTF-8",
	}
	for text, says := range refused {
		got, err := freshType.DecodeStored([]byte(text))
		var wrong *strictjson.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "anary") {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(specimen{}, got, compared); diff != "" {
			t.Errorf("%s: a value beside the error: %s", text, diff)
		}
	}
}
