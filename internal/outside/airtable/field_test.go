package airtable_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestTypesAreWhatTheAPIAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t                                      airtable.FieldType
		writable, creatable, computed, primary bool
	}{
		{airtable.SingleLineText, true, true, false, true},
		{airtable.RichText, true, true, false, false},
		{airtable.Checkbox, true, true, false, false},
		{airtable.Duration, true, true, false, true},
		{airtable.Barcode, true, true, false, true},
		{airtable.MultipleRecordLinks, true, true, false, false},
		{airtable.Formula, false, false, true, false},
		{airtable.Rollup, false, false, true, false},
		{airtable.AutoNumber, false, false, true, false},
		{airtable.LastModifiedBy, false, false, true, false},
		{airtable.Button, false, false, true, false},
		{airtable.ExternalSyncSource, false, false, true, false},
		{"holographic", false, false, false, false},
	} {
		if c.t.Writable() != c.writable || c.t.Creatable() != c.creatable || c.t.Computed() != c.computed || c.t.PrimaryCapable() != c.primary {
			t.Errorf("%s: writable %t, creatable %t, computed %t, primary %t", c.t, c.t.Writable(), c.t.Creatable(), c.t.Computed(), c.t.PrimaryCapable())
		}
	}
}

func TestCreateOptionsHoldWhatMayBeSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		field airtable.Field
		want  string // "" is none
	}{
		{"text", field(airtable.SingleLineText, ""), ``},
		{"text with leftovers", field(airtable.Email, `{"x":1}`), ``},
		{"number", field(airtable.Number, `{"precision":3,"x":1}`), `{"precision":3}`},
		{"number without", field(airtable.Number, ``), `{"precision":0}`},
		{"percent of 0 places", field(airtable.Percent, `{"precision":0}`), `{"precision":0}`},
		{"currency", field(airtable.Currency, `{"precision":2,"symbol":"€"}`), `{"precision":2,"symbol":"€"}`},
		{"currency of no symbol", field(airtable.Currency, `{"precision":0,"symbol":""}`), `{"precision":0,"symbol":""}`},
		{"duration", field(airtable.Duration, `{"durationFormat":"h:mm"}`), `{"durationFormat":"h:mm"}`},
		{"rating", field(airtable.Rating, `{"icon":"heart","max":10,"color":"redBright"}`), `{"icon":"heart","color":"redBright","max":10}`},
		{"checkbox", field(airtable.Checkbox, ``), `{"icon":"check","color":"greenBright"}`},
		{"date", field(airtable.Date, `{"dateFormat":{"name":"us","format":"M/D/YYYY"}}`), `{"dateFormat":{"name":"us","format":"M/D/YYYY"}}`},
		{"time", field(airtable.DateTime, `{"dateFormat":{"name":"local","format":"l"},"timeFormat":{"name":"12hour","format":"h:mma"},"timeZone":"Europe/Berlin"}`), `{"dateFormat":{"name":"local","format":"l"},"timeFormat":{"name":"12hour","format":"h:mma"},"timeZone":"Europe/Berlin"}`},
		{"time without", field(airtable.DateTime, ``), `{"dateFormat":{"name":"iso","format":"YYYY-MM-DD"},"timeFormat":{"name":"24hour","format":"HH:mm"},"timeZone":"utc"}`},
		{"select", field(airtable.SingleSelect, `{"choices":[{"id":"sel1","name":"A","color":"blueLight2"},{"id":"sel2","name":"B"}]}`), `{"choices":[{"name":"A","color":"blueLight2"},{"name":"B"}]}`},
		{"select of no choices", field(airtable.MultipleSelects, `{"choices":[]}`), `{"choices":[]}`},
		{"people", field(airtable.MultipleCollaborators, `{}`), ``},
		{"attachments", field(airtable.MultipleAttachments, `{"isReversed":false}`), ``},
	} {
		got, err := airtable.CreateOptions(c.field)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
	for _, impossible := range []airtable.FieldType{airtable.Formula, airtable.Count, airtable.CreatedTime, airtable.MultipleRecordLinks, "holographic"} {
		if got, err := airtable.CreateOptions(field(impossible, `{}`)); err == nil {
			t.Errorf("%s: %s, want an error", impossible, got)
		}
	}
}

func TestLinkOptions(t *testing.T) {
	t.Parallel()
	got, ok := field(airtable.MultipleRecordLinks, `{"linkedTableId":"tbl2","isReversed":true,"prefersSingleRecordLink":false,"inverseLinkFieldId":"fld9"}`).Link()
	if want := (airtable.LinkOptions{LinkedTableID: "tbl2", InverseLinkFieldID: "fld9", IsReversed: true}); !ok || got != want {
		t.Errorf("Link = %+v, %t", got, ok)
	}
	if _, ok := field(airtable.Number, `{"linkedTableId":"tbl2"}`).Link(); ok {
		t.Error("a number is a link")
	}
	if got := string(airtable.NewLinkOptions("tbl2")); got != `{"linkedTableId":"tbl2"}` {
		t.Errorf("NewLinkOptions = %s", got)
	}
	choices := field(airtable.SingleSelect, `{"choices":[{"id":"sel1","name":"A"}]}`).Choices()
	if diff := cmp.Diff([]airtable.Choice{{Name: "A"}}, choices); diff != "" {
		t.Error(diff)
	}
}

func TestASchemaIsSearchedByIDThenByName(t *testing.T) {
	t.Parallel()
	var base airtable.Base
	if err := json.Unmarshal([]byte(`{"tables":[{"id":"tbl1","name":"tbl2","primaryFieldId":"fld2","fields":[{"id":"fld1","name":"A","type":"url"},{"id":"fld2","name":"B","type":"url"}]},{"id":"tbl2","name":"Deals"}]}`), &base); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]airtable.TableID{"tbl1": "tbl1", "tbl2": "tbl2", "Deals": "tbl2"} {
		if got, ok := base.Table(key); !ok || got.ID != want {
			t.Errorf("Table(%s) = %v", key, got)
		}
	}
	if _, ok := base.Table("deals"); ok {
		t.Error("table names are matched without case")
	}
	table, _ := base.Table("tbl1")
	if f, ok := table.Field("A"); !ok || f.ID != "fld1" {
		t.Errorf("Field(A) = %v", f)
	}
	if f := table.Primary(); f == nil || f.Name != "B" {
		t.Errorf("Primary = %v", f)
	}
}
