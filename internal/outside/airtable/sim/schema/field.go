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

	options  map[string]json.RawMessage // as the API shows them, without those that are typed here
	source   string                     // of a formula: its text with ids
	compiled *formula.Formula
	key      []byte // the name as a JSON string
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

// Location is the zone in which a time without one is read.
func (f *Field) Location() *time.Location {
	if f.zone == nil {
		return time.UTC
	}
	return f.zone
}

// Formula computes the field's cells. It is nil unless the shape is Formula.
func (f *Field) Formula() *formula.Formula { return f.compiled }

// Static is the field's type as formulas see it.
func (f *Field) Static() formula.Type {
	switch f.Shape() {
	case Number, Rating, Checkbox:
		return formula.NumberType
	case Date, DateTime:
		return formula.DateType
	case Formula:
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
