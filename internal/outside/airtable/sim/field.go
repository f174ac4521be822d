package sim

import (
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// field is one column. What its options say is kept typed where cells depend on it and raw otherwise.
type field struct {
	id, name, description string
	kind                  kind
	table                 string                     // id of the table it belongs to
	options               map[string]json.RawMessage // as the API shows them, without what stands below
	choices               []choice                   // selects
	linked                string                     // multipleRecordLinks: the table linked to
	inverse               string                     // multipleRecordLinks: the field on the other side; "" when there is none
	source                string                     // formula: its text with ids
	compiled              *formula.Formula
	key                   []byte // the name as a JSON string
	zone                  *time.Location
}

// choice is one option of a select field.
type choice struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color,omitempty"`
}

// choiceColors are given to new choices in turn.
var choiceColors = [...]string{
	"blueLight2", "cyanLight2", "tealLight2", "greenLight2", "yellowLight2",
	"orangeLight2", "redLight2", "pinkLight2", "purpleLight2", "grayLight2",
}

// rename gives the field its name.
func (f *field) rename(name string) {
	f.name = name
	f.key = appendString(nil, name)
}

// choice finds a choice by its exact name.
func (f *field) choice(name string) bool {
	for _, c := range f.choices {
		if c.Name == name {
			return true
		}
	}
	return false
}

// newChoice makes the choice that comes next.
func (f *field) newChoice(name, color string) choice {
	if color == "" {
		color = choiceColors[len(f.choices)%len(choiceColors)]
	}
	return choice{ID: newID("sel"), Name: name, Color: color}
}

// location is the zone in which a text without one is read.
func (f *field) location() *time.Location {
	if f.zone == nil {
		return time.UTC
	}
	return f.zone
}

// static is the field's type as formulas see it.
func (f *field) static() formula.Type {
	switch f.kind.shape() {
	case shapeNumber, shapeCheckbox:
		return formula.NumberType
	case shapeDate, shapeDateTime:
		return formula.DateType
	case shapeFormula:
		if f.compiled == nil {
			return formula.Any
		}
		return f.compiled.Static()
	}
	return formula.TextType
}
