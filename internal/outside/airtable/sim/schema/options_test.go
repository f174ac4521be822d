package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// each is a legal set of options for every type that the API can create.
var each = map[string]string{
	"singleLineText": "", "email": "", "url": "", "phoneNumber": "", "multilineText": "", "richText": "", "singleCollaborator": "",
	"multipleCollaborators": "", "multipleAttachments": "", "barcode": "",
	"number": `{"precision":8}`, "percent": `{"precision":0}`, "currency": `{"precision":7,"symbol":"€"}`, "duration": `{"durationFormat":"h:mm:ss.SSS"}`,
	"rating": `{"max":10,"icon":"dot","color":"redBright"}`, "checkbox": `{"icon":"check","color":"greenBright"}`,
	"date":         `{"dateFormat":{"name":"friendly"}}`,
	"dateTime":     `{"dateFormat":{"name":"us","format":"M/D/YYYY"},"timeFormat":{"name":"12hour"},"timeZone":"Europe/Berlin"}`,
	"singleSelect": `{"choices":[]}`, "multipleSelects": `{"choices":[{"name":"a","color":"grayDark1"}]}`, "formula": `{"formula":"1"}`,
}

func TestEveryCreatableTypeIsCreated(t *testing.T) {
	t.Parallel()
	for typ, options := range each {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			f := schema.FieldBody{Name: "F", Type: schema.FieldType(typ)}
			if options != "" {
				f.Options = body[map[string]json.RawMessage](t, options)
			}
			made, err := s.Begin().CreateField(s.base, s.people.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			if made.Shape() == schema.None || s.people.Field("F") != made {
				t.Errorf("got %+v", made)
			}
			f.Name = "G"
			f.Options = map[string]json.RawMessage{"surplus": json.RawMessage("1")}
			if _, err := s.Begin().CreateField(s.base, s.people.ID, f); err == nil {
				t.Error("a surplus option is accepted")
			}
		})
	}
}

func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const invalid = "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE: Invalid options for People.F: Failed schema validation: F.options"
	for _, c := range []struct{ typ, options, want string }{
		{"number", ``, invalid + " is missing"},
		{"number", `{}`, invalid + ".precision is missing"},
		{"number", `{"precision":9}`, invalid + ".precision is invalid"},
		{"number", `{"precision":-1}`, invalid + ".precision is invalid"},
		{"number", `{"precision":1.5}`, invalid + ".precision is invalid"},
		{"number", `{"precision":"1"}`, invalid + ".precision is invalid"},
		{"number", `{"precision":null}`, invalid + ".precision is invalid"},
		{"number", `{"precision":1,"b":1,"a":1}`, invalid + ".a is not included in the number schema"},
		{"currency", `{"precision":8,"symbol":"$"}`, invalid + ".precision is invalid"},
		{"currency", `{"precision":2,"symbol":""}`, invalid + ".symbol is invalid"},
		{"duration", `{"durationFormat":"h"}`, invalid + ".durationFormat is invalid"},
		{"rating", `{"max":0,"icon":"star","color":"redBright"}`, invalid + ".max is invalid"},
		{"rating", `{"max":11,"icon":"star","color":"redBright"}`, invalid + ".max is invalid"},
		{"rating", `{"max":5,"icon":"sun","color":"redBright"}`, invalid + ".icon is invalid"},
		{"rating", `{"max":5,"icon":"star","color":"gold"}`, invalid + ".color is invalid"},
		{"rating", `{"max":5,"icon":"star","color":"redDark1"}`, invalid + ".color is invalid"},
		{"checkbox", `{"icon":"tick","color":"greenBright"}`, invalid + ".icon is invalid"},
		{"checkbox", `{"icon":"xCheckbox","color":"green"}`, invalid + ".color is invalid"},
		{"singleSelect", `{"choices":[{"name":"a","color":"blue"}]}`, invalid + ".choices is invalid"},
		{"multipleSelects", `{"choices":[{"name":"a","color":"blueDark2"}]}`, invalid + ".choices is invalid"},
		{"date", `{"dateFormat":{"name":"iso","format":"LL"}}`, invalid + ".dateFormat is invalid"},
		{"date", `{"dateFormat":{"name":"ISO"}}`, invalid + ".dateFormat is invalid"},
		{"date", `{"dateFormat":"iso"}`, invalid + ".dateFormat is invalid"},
		{"dateTime", `{"dateFormat":{"name":"us"},"timeFormat":{"name":"24hour"},"timeZone":"UTC"}`, invalid + ".timeZone is invalid"},
		{"dateTime", `{"dateFormat":{"name":"us"},"timeFormat":{"name":"24hour"},"timeZone":"Nowhere/Else"}`, invalid + ".timeZone is invalid"},
		{"dateTime", `{"dateFormat":{"name":"us"},"timeFormat":{"name":"iso"},"timeZone":"utc"}`, invalid + ".timeFormat is invalid"},
		{"singleSelect", `{"choices":[{"name":"a"},{"name":"a"}]}`, invalid + ".choices is invalid"},
		{"singleSelect", `{"choices":[{"name":""}]}`, invalid + ".choices is invalid"},
		{"singleSelect", `{"choices":null}`, invalid + ".choices is invalid"},
		{"rollup", ``, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE: Invalid options for People.F: Creating rollup fields is not supported at this time"},
		{"nonsense", ``, message(wire.InvalidParameters())},
	} {
		f := schema.FieldBody{Name: "F", Type: schema.FieldType(c.typ)}
		if c.options != "" {
			f.Options = body[map[string]json.RawMessage](t, c.options)
		}
		change := s.Begin()
		_, err := change.CreateField(s.base, s.people.ID, f)
		change.Rollback()
		if got := message(err); got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.typ, c.options, got, c.want)
		}
	}
}
