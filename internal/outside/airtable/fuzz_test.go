package airtable

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// FuzzCanonical: whatever a cell holds, its form is stable, and what is
// written back counts as equal to what was read.
func FuzzCanonical(f *testing.F) {
	for _, cell := range []string{
		``, `null`, `"\n"`, `"* a\n+ b \r\n"`, `0.30000000000000004`, `1e400`, `-0`, `1662361200000`, `"2022-09-05T09:00:00+02:00"`, `"9999-12-31T23:59:59-23:00"`,
		`[{"id":"att1","url":"u","filename":"a","size":1}]`, `{"id":"usr1","email":"A@B"}`, `{"specialValue":"NaN"}`, `[["x"],{"name":""}]`, `"\ud800"`, "\"\xff\"", `{"a`, `1 2`,
	} {
		f.Add([]byte(cell), 1)
	}
	var types []FieldType
	for t := range typeTraits {
		types = append(types, t)
	}
	types = append(types, "holographic")
	slices.Sort(types)
	f.Fuzz(func(t *testing.T, cell []byte, precision int) {
		for _, ft := range types {
			field := Field{Type: ft, Options: mustJSON(map[string]int{"precision": precision})}
			once := Canonical(field, cell)
			if twice := Canonical(field, once); !bytes.Equal(once, twice) {
				t.Errorf("%s: %q becomes %q, then %q", ft, cell, once, twice)
			}
			if json.Valid(cell) && len(once) > 0 && !json.Valid(once) {
				t.Errorf("%s: %q becomes %q, which is not JSON", ft, cell, once)
			}
			if written := ForWrite(ft, cell); json.Valid(cell) && !json.Valid(written) {
				t.Errorf("%s: %q is written as %q", ft, cell, written)
			}
		}
		_, _ = Text(cell), Links(cell)
	})
}

// FuzzDecodePage: no body breaks the decoder, and what it accepts is what
// encoding/json reads.
func FuzzDecodePage(f *testing.F) {
	for _, body := range []string{
		`{"records":[{"id":"rec1","fields":{"A":1}}],"offset":"itr/rec"}`, `{"offset":null,"records":[]}`, `{}`, `[]`, ``, `{"records":null}`,
		`{"records":[{"id":"rec1","fields":{"A":{"x":[`, `{"records":[1]}`, `{"x":{"records":[{}]},"records":[{"id":"a"}]}`, `{"offset":1,"records":[]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var records []Record
		offset, err := decodePage(bytes.NewReader(body), func(r Record) error {
			records = append(records, r)
			return nil
		})
		if err != nil {
			return
		}
		var whole any
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&whole); err != nil {
			t.Errorf("accepted %q, which is not JSON: %v", body, err)
		}
		for _, r := range records {
			if r.ID == "" {
				t.Errorf("accepted a record without id in %q (offset %q)", body, offset)
			}
		}
	})
}

// FuzzParseError: no refusal breaks the parser, and a type is fit for a code.
func FuzzParseError(f *testing.F) {
	for _, body := range []string{`{"error":{"type":"A","message":"b"}}`, `{"error":"A"}`, `{"errors":[{"error":"A","message":"b"}]}`, `<html>`, `{"error":null,"errors":[{}]}`, `{"errors":null}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		typ, message := parseError(body)
		if typ != "" && !typeForm.MatchString(typ) {
			t.Errorf("%q gives the type %q", body, typ)
		}
		if got := presentable(message, "pat.secret"); len(got) > maxMessage+len("…") {
			t.Errorf("a message of %d bytes", len(got))
		}
	})
}

// A type that quotes the token is no code: in lower case no one would mask it.
func TestATypeThatQuotesTheTokenIsDropped(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{
		"INVALID_REQUEST":    "INVALID_REQUEST",
		"keySecret0000":      "",
		"bad_KEYSECRET0000x": "",
	} {
		if got := withoutToken(typ, "keySecret0000"); got != want {
			t.Errorf("%q became %q, want %q", typ, got, want)
		}
	}
	if got := withoutToken("INVALID_REQUEST", ""); got != "INVALID_REQUEST" {
		t.Errorf("without a token it became %q", got)
	}
}
