// Package cell is one cell: how it is stored, how the JSON of a caller becomes what is stored, how it reads, and
// what a formula sees of it. It knows no record: what reading needs of other records it asks of a Context.
package cell

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Value is a stored cell: a string, a float64, true, a []string (links and selects) or a json.RawMessage (objects
// such as attachments). An empty cell is nil. A Value is never changed, only replaced.
type Value any

// Same compares two cells.
func Same(a, b Value) bool {
	switch left := a.(type) {
	case []string:
		right, ok := b.([]string)
		return ok && slices.Equal(left, right)
	case json.RawMessage:
		right, ok := b.(json.RawMessage)
		return ok && bytes.Equal(left, right)
	}
	return a == b // values of different types are never equal
}

// Append writes a cell as JSON. An empty one writes nothing.
func Append(out []byte, v Value) []byte {
	switch v := v.(type) {
	case string:
		return wire.AppendString(out, v)
	case float64:
		return wire.AppendNumber(out, v)
	case bool:
		return append(out, "true"...)
	case []string:
		return wire.AppendStrings(out, v)
	case json.RawMessage:
		return append(out, v...)
	}
	return out
}

// Decode reads what Append has written for a cell of the field.
func Decode(f *schema.Field, raw json.RawMessage) (Value, error) {
	switch shape := f.Shape(); {
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case raw[0] == 't':
		return true, nil
	case shape == schema.Links || shape == schema.Selects:
		var list []string
		err := json.Unmarshal(raw, &list)
		return list, err
	case raw[0] == '{' || raw[0] == '[':
		return raw, nil
	}
	var n float64
	err := json.Unmarshal(raw, &n)
	return n, err
}

// Plain is a cell as a person would type it, to be read again under another type.
func Plain(v Value) any {
	switch v := v.(type) {
	case float64:
		return formula.FormatNumber(v)
	case bool:
		return "checked"
	case []string:
		return strings.Join(v, ", ")
	case json.RawMessage:
		return objectText(v)
	}
	return v
}
