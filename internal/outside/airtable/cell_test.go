package airtable_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func field(t airtable.FieldType, options string) airtable.Field {
	f := airtable.Field{ID: "fld1", Name: "F", Type: t}
	if options != "" {
		f.Options = json.RawMessage(options)
	}
	return f
}

func TestEqualCellsHaveEqualBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		field   airtable.Field
		cells   []string // all equal
		want    string   // their form; "" is empty
		differs string   // one that is not equal
	}{
		{"text", field(airtable.SingleLineText, ""), []string{`"a\u00e9"`, `"aé"`}, `"aé"`, `"a"`},
		{"empty text", field(airtable.MultilineText, ""), []string{``, `null`, `""`, `false`, `[]`}, ``, `" "`},
		{"markup is kept", field(airtable.MultilineText, ""), []string{`"<b>&\u003c"`}, `"<b>&<"`, `"b"`},
		{"number", field(airtable.Number, `{"precision":2}`), []string{`0.30000000000000004`, `0.3`, `3e-1`}, `0.3`, `0.301`},
		{"whole number", field(airtable.Number, `{"precision":0}`), []string{`12`, `12.0`, `1.2e1`}, `12`, `13`},
		{"zero is a value", field(airtable.Number, `{"precision":1}`), []string{`0`, `-0.0`}, `0`, `0.01`},
		{"large number", field(airtable.Number, `{"precision":0}`), []string{`1e20`, `100000000000000000000`}, `100000000000000000000`, `1e19`},
		{"number beyond 2^53", field(airtable.Number, `{"precision":0}`), []string{`9007199254740993`, `9007199254740993.0`}, `9007199254740993`, `9007199254740992`},
		{"cents of a billion", field(airtable.Currency, `{"precision":2}`), []string{`1234567890.12`, `1234567890.1200001`}, `1234567890.12`, `1234567890.13`},
		{"more than is shown", field(airtable.Number, `{"precision":0}`), []string{`1.6`}, `1.6`, `2.4`},
		{"number of unknown precision", field(airtable.Number, ``), []string{`0.125`, `1.25e-1`}, `0.125`, `0.1251`},
		{"percent", field(airtable.Percent, `{"precision":1}`), []string{`0.123`, `12.3e-2`}, `0.123`, `0.12304`},
		{"currency", field(airtable.Currency, `{"precision":2,"symbol":"€"}`), []string{`19.99`, `19.990`}, `19.99`, `19.98`},
		{"duration", field(airtable.Duration, `{"durationFormat":"h:mm"}`), []string{`90`, `90.0`}, `90`, `91`},
		{"number that is none", field(airtable.Number, `{"precision":0}`), []string{`{"specialValue":"NaN"}`}, `{"specialValue":"NaN"}`, `1`},
		{"checkbox", field(airtable.Checkbox, ""), []string{`true`}, `true`, `false`},
		{"unchecked", field(airtable.Checkbox, ""), []string{`false`, ``, `null`}, ``, `true`},
		{"date", field(airtable.Date, ""), []string{`"2022-09-05"`, `"2022-09-05T23:59:00.000Z"`}, `"2022-09-05"`, `"2022-09-06"`},
		{"time", field(airtable.DateTime, ""), []string{`"2022-09-05T07:00:00.000Z"`, `"2022-09-05T09:00:00+02:00"`, `"2022-09-05T07:00Z"`, `"2022-09-05T07:00:00.0004Z"`, `1662361200000`}, `"2022-09-05T07:00:00.000Z"`, `"2022-09-05T07:00:00.001Z"`},
		{"time that is none", field(airtable.DateTime, ""), []string{`"soon"`}, `"soon"`, `"later"`},
		{"rich text", field(airtable.RichText, ""), []string{`"* a\n  * b\n"`, `"- a\n  - b"`, `"+ a \r\n  - b\n\n"`}, `"- a\n  - b"`, `"- a\n- b"`},
		{"emptied rich text", field(airtable.RichText, ""), []string{`"\n"`, ``, `null`, `"\n\n"`}, ``, `"x\n"`},
		{"select", field(airtable.SingleSelect, ""), []string{`"Open"`, `{"id":"sel1","name":"Open","color":"red"}`}, `"Open"`, `"open"`},
		{"selects keep their order", field(airtable.MultipleSelects, ""), []string{`["b","a"]`, `[{"id":"sel1","name":"b"},{"name":"a"}]`}, `["b","a"]`, `["a","b"]`},
		{"person", field(airtable.SingleCollaborator, ""), []string{`{"id":"usr1","email":"A@x.org","name":"A"}`, `{"id":"usr2","email":"a@X.org"}`}, `"a@x.org"`, `{"id":"usr1"}`},
		{"people without email", field(airtable.MultipleCollaborators, ""), []string{`[{"id":"usr1","name":"A"}]`}, `["usr1"]`, `[{"id":"usr2"}]`},
		{"links", field(airtable.MultipleRecordLinks, ""), []string{`["rec1","rec2"]`, `[{"id":"rec1","name":"x"},{"id":"rec2"}]`}, `["rec1","rec2"]`, `["rec2","rec1"]`},
		{"attachments by name and size", field(airtable.MultipleAttachments, ""), []string{
			`[{"id":"att1","url":"https://a/1","filename":"a.png","size":10,"type":"image/png"}]`,
			`[{"id":"att2","url":"https://b/2","filename":"a.png","size":10.0}]`}, `[["a.png",10]]`, `[{"id":"att1","url":"https://a/1","filename":"a.png","size":11}]`},
		{"barcode", field(airtable.Barcode, ""), []string{`{"text":"1","type":"upce"}`, `{ "type":"upce", "text":"1" }`}, `{"text":"1","type":"upce"}`, `{"text":"1"}`},
		{"unknown type", field("holographic", ""), []string{`{"b":1.0,"a":[1e2]}`, `{"a":[100],"b":1}`}, `{"a":[100],"b":1}`, `{"a":[100],"b":2}`},
		{"unknown type, empty", field("holographic", ""), []string{``, `null`, `[]`}, ``, `{}`},
		{"no JSON", field(airtable.Number, ""), []string{`{"a`}, `{"a`, `1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, cell := range c.cells {
				if got := string(airtable.Canonical(c.field, json.RawMessage(cell))); got != c.want {
					t.Errorf("Canonical(%s) = %s, want %s", cell, got, c.want)
				}
			}
			if got := string(airtable.Canonical(c.field, json.RawMessage(c.differs))); got == c.want {
				t.Errorf("%s counts as equal to %s", c.differs, c.cells[0])
			}
		})
	}
}

func TestForWriteTakesWhatWasRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t          airtable.FieldType
		cell, want string
	}{
		{airtable.SingleLineText, `"a"`, `"a"`},
		{airtable.SingleLineText, ``, `null`},
		{airtable.Number, `1.50`, `1.50`},
		{airtable.Number, `0`, `0`},
		{airtable.Checkbox, `false`, `null`},
		{airtable.RichText, `"\n"`, `null`},
		{airtable.RichText, `"**a**\n"`, `"**a**\n"`},
		{airtable.SingleSelect, `{"id":"sel1","name":"Open"}`, `"Open"`},
		{airtable.MultipleSelects, `["a","b"]`, `["a","b"]`},
		{airtable.MultipleSelects, `[]`, `null`},
		{airtable.SingleCollaborator, `{"id":"usr1","email":"a@x.org","name":"A"}`, `{"email":"a@x.org"}`},
		{airtable.MultipleCollaborators, `[{"id":"usr1","name":"A"}]`, `[{"id":"usr1"}]`},
		{airtable.MultipleAttachments, `[{"id":"att1","url":"https://a/1?x=1&y=2","filename":"a.png","size":1},{"id":"att2"}]`, `[{"filename":"a.png","url":"https://a/1?x=1&y=2"},{"id":"att2"}]`},
		{airtable.MultipleRecordLinks, `[{"id":"rec1"}]`, `["rec1"]`},
		{airtable.Barcode, `{"text":"1"}`, `{"text":"1"}`},
		{"holographic", `{"new":[1.0]}`, `{"new":[1.0]}`},
	} {
		if got := string(airtable.ForWrite(c.t, json.RawMessage(c.cell))); got != c.want {
			t.Errorf("ForWrite(%s, %s) = %s, want %s", c.t, c.cell, got, c.want)
		}
	}
}

func TestTextIsWhatAPersonReads(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		``: "", `null`: "", `false`: "", `true`: "true", `"a"`: "a", `1.50`: "1.5", `1e3`: "1000",
		`["a",2,null]`:                      "a, 2, ",
		`{"id":"usr1","email":"a@x.org"}`:   "a@x.org",
		`{"id":"usr1","name":"A"}`:          "A",
		`[{"id":"sel1","name":"Open"}]`:     "Open",
		`{"error":"#ERROR!"}`:               "#ERROR!",
		`{"specialValue":"NaN"}`:            "NaN",
		`{"label":"Go","url":null}`:         "Go",
		`{"text":"4006","type":"ean13"}`:    "4006",
		`{"state":"empty","isStale":false}`: "",
		`{"state":"x","value":"An answer"}`: "An answer",
		`{"url":"u","filename":"a.png"}`:    "a.png",
		`{"future":1.0}`:                    `{"future":1}`,
	} {
		if got := airtable.Text(json.RawMessage(cell)); got != want {
			t.Errorf("Text(%s) = %q, want %q", cell, got, want)
		}
	}
}

func TestLinksRoundTrip(t *testing.T) {
	t.Parallel()
	ids := []airtable.RecordID{"rec2", "rec1"}
	if diff := cmp.Diff(ids, airtable.Links(airtable.LinkCell(ids))); diff != "" {
		t.Error(diff)
	}
	if got := string(airtable.LinkCell(nil)); got != "null" {
		t.Errorf("no links: %s", got)
	}
	for _, cell := range []string{``, `null`, `"rec1"`, `{`, `[1]`} {
		if got := airtable.Links(json.RawMessage(cell)); got != nil {
			t.Errorf("Links(%s) = %v", cell, got)
		}
	}
}

// Hashes of an older form are compared in that form.
func TestAnOlderFormIsStillThere(t *testing.T) {
	t.Parallel()
	f := field(airtable.Number, `{"precision":0}`)
	for form, want := range map[airtable.Form]string{airtable.FormRounded: `2`, airtable.FormStored: `1.6`} {
		if got := string(form.Of(f, json.RawMessage(`1.6`))); got != want {
			t.Errorf("form %d of 1.6 is %s, want %s", form, got, want)
		}
	}
}
