package schema

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Field is one column. What its options say is kept typed where cells depend on it and raw otherwise. Only a
// Change may alter it.
type Field struct {
	ID, Name, Description string
	TableID               string // of the table that it belongs to
	Type                  FieldType
	Choices               []Choice // of a select
	Linked                string   // of a link: the id of the table it points to
	Inverse               string   // of a link: the id of the field on the other side; "" when there is none
	Via                   string   // of a lookup, a rollup and a count: the id of the link that they follow
	Looked                string   // of a lookup and a rollup: the id of the field that they look at

	options  map[string]json.RawMessage // as the API shows them, without those that are typed here
	source   string                     // of a formula: its text with ids
	compiled *formula.Formula           // nil when what the formula names is gone
	link     *Field                     // what Via names, nil when it is gone
	looked   *Field                     // what Looked names, nil when it is gone
	key      []byte                     // the name as a JSON string
	zone     *time.Location
}

// Choice is one option of a select field.
type Choice struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color,omitempty"`
}

// choiceColors are given to new choices in turn.
var choiceColors = [...]string{
	"blueLight2", "cyanLight2", "tealLight2", "greenLight2", "yellowLight2",
	"orangeLight2", "redLight2", "pinkLight2", "purpleLight2", "grayLight2",
}

// Shape is how the field's cells are written and read.
func (f *Field) Shape() Shape { return f.Type.Shape() }

// Key is the name as a JSON string.
func (f *Field) Key() []byte { return f.key }

// ChoiceIndex is the place of a choice among the field's choices, by its exact name; -1 when there is none.
func (f *Field) ChoiceIndex(name string) int {
	return slices.IndexFunc(f.Choices, func(c Choice) bool { return c.Name == name })
}

// Max is the largest value of a rating.
func (f *Field) Max() float64 {
	var top float64
	_ = json.Unmarshal(f.options["max"], &top) // checked when the field was made
	return top
}

// Precision is how many decimal places a number shows. It returns false for a field that does not say.
func (f *Field) Precision() (int, bool) {
	raw, found := f.options["precision"]
	var places int
	_ = json.Unmarshal(raw, &places) // checked when the field was made
	return places, found
}

// Watched are the ids of the fields that a field of the last modification looks at; none means all.
func (f *Field) Watched() []string {
	var ids []string
	_ = json.Unmarshal(f.options["referencedFieldIds"], &ids) // checked when the field was made
	return ids
}

// Location is the zone in which a time without one is read.
func (f *Field) Location() *time.Location {
	if f.zone == nil {
		return time.UTC
	}
	return f.zone
}

// Formula computes the cells of a formula field, or of a rollup from its values. It is nil when something that it
// names is gone.
func (f *Field) Formula() *formula.Formula { return f.compiled }

// Follows is the link that a lookup, a rollup or a count follows, and the field that it looks at in the linked table,
// nil for a count. It returns false when one of them is gone.
func (f *Field) Follows() (link, looked *Field, valid bool) {
	return f.link, f.looked, f.link != nil && (f.looked != nil || f.Shape() == Count)
}

// Static is the field's type as formulas see it.
func (f *Field) Static() formula.Type {
	switch f.Shape() {
	case Number, Rating, Checkbox, Count, AutoNumber:
		return formula.NumberType
	case Date, DateTime, Created, Modified:
		return formula.DateType
	case Lookup:
		return formula.Any
	case Formula, Rollup:
		if f.compiled == nil {
			return formula.Any
		}
		return f.compiled.Static()
	}
	return formula.TextType
}

// rename gives the field its name.
func (f *Field) rename(name string) {
	f.Name = name
	f.key = wire.AppendString(nil, name)
}

// keepOptions takes over the options that are not typed.
func (f *Field) keepOptions(options map[string]json.RawMessage) {
	f.options = options
	if name, found := wire.String(options["timeZone"]); found {
		f.zone = zoneOf(name)
	}
}

// newChoice makes the choice that comes next.
func (f *Field) newChoice(name, color string) Choice {
	if color == "" {
		color = choiceColors[len(f.Choices)%len(choiceColors)]
	}
	return Choice{ID: wire.NewID("sel"), Name: name, Color: color}
}
