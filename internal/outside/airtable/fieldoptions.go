package airtable

import (
	"encoding/json"
	"fmt"
)

// LinkOptions are the parsed options of a link field.
type LinkOptions struct {
	LinkedTableID           TableID `json:"linkedTableId"`
	InverseLinkFieldID      FieldID `json:"inverseLinkFieldId,omitempty"`
	IsReversed              bool    `json:"isReversed,omitempty"`
	PrefersSingleRecordLink bool    `json:"prefersSingleRecordLink,omitempty"`
}

// Link returns the options of a link field; false for any other type.
func (f Field) Link() (LinkOptions, bool) {
	var o LinkOptions
	if f.Type != MultipleRecordLinks || json.Unmarshal(f.Options, &o) != nil || o.LinkedTableID == "" {
		return LinkOptions{}, false
	}
	return o, true
}

// NewLinkOptions returns the options for creating a link to table. Everything
// else about a link is read-only.
func NewLinkOptions(table TableID) json.RawMessage {
	return mustJSON(struct {
		LinkedTableID TableID `json:"linkedTableId"`
	}{table})
}

// Choice is one option of a select field.
type Choice struct {
	Name  string `json:"name"`
	Color string `json:"color,omitempty"`
}

// Choices returns the choices of a select field, in order, and nil for any other
// type.
func (f Field) Choices() []Choice {
	if f.Type != SingleSelect && f.Type != MultipleSelects {
		return nil
	}
	return f.options().Choices
}

// fieldOptions are all options that the API takes when a field is created. A nil
// pointer is an absent option.
type fieldOptions struct {
	Precision      *int        `json:"precision,omitempty"`
	Symbol         *string     `json:"symbol,omitempty"`
	Icon           string      `json:"icon,omitempty"`
	Color          string      `json:"color,omitempty"`
	Max            int         `json:"max,omitempty"`
	DurationFormat string      `json:"durationFormat,omitempty"`
	DateFormat     *nameFormat `json:"dateFormat,omitempty"`
	TimeFormat     *nameFormat `json:"timeFormat,omitempty"`
	TimeZone       string      `json:"timeZone,omitempty"`
	Choices        []Choice    `json:"choices,omitempty"`
}

type nameFormat struct {
	Name   string `json:"name"`
	Format string `json:"format,omitempty"`
}

// options reads the options that we know. Those that do not parse are absent.
func (f Field) options() fieldOptions {
	var o fieldOptions
	if json.Unmarshal(f.Options, &o) != nil {
		return fieldOptions{}
	}
	return o
}

// CreateOptions returns the options for creating a field like f: only those that
// the API takes (no choice ids, no results), and a default for each that it
// demands and f does not have. Nil means that the type takes none. For a link,
// whose table is another one in the target, use NewLinkOptions.
func CreateOptions(f Field) (json.RawMessage, error) {
	switch {
	case !f.Type.Creatable():
		return nil, fmt.Errorf("field %s: the API cannot create a field of type %s", quoted(f.Name), f.Type)
	case f.Type == MultipleRecordLinks:
		return nil, fmt.Errorf("field %s: a link is created with the id of the table that it points to", quoted(f.Name))
	}
	o, takesNone := f.options().forCreate(f.Type)
	if takesNone {
		return nil, nil
	}
	if f.Type == SingleSelect || f.Type == MultipleSelects { // an empty list must be sent
		return mustJSON(struct {
			Choices []Choice `json:"choices"`
		}{append([]Choice{}, o.Choices...)}), nil
	}
	return mustJSON(o), nil
}

// forCreate keeps the options that the type takes and completes those that it
// demands.
func (o fieldOptions) forCreate(t FieldType) (clean fieldOptions, takesNone bool) {
	switch t {
	case Number, Percent:
		return fieldOptions{Precision: orDefault(o.Precision, 0)}, false
	case Currency:
		return fieldOptions{Precision: orDefault(o.Precision, 2), Symbol: orDefault(o.Symbol, "$")}, false
	case Duration:
		return fieldOptions{DurationFormat: or(o.DurationFormat, "h:mm:ss")}, false
	case Rating:
		return fieldOptions{Icon: or(o.Icon, "star"), Max: or(o.Max, 5), Color: or(o.Color, "yellowBright")}, false
	case Checkbox:
		return fieldOptions{Icon: or(o.Icon, "check"), Color: or(o.Color, "greenBright")}, false
	case Date:
		return fieldOptions{DateFormat: orDefault(o.DateFormat, isoDate)}, false
	case DateTime:
		return fieldOptions{
			DateFormat: orDefault(o.DateFormat, isoDate),
			TimeFormat: orDefault(o.TimeFormat, nameFormat{"24hour", "HH:mm"}),
			TimeZone:   or(o.TimeZone, "utc"),
		}, false
	case SingleSelect, MultipleSelects:
		return fieldOptions{Choices: o.Choices}, false
	}
	return fieldOptions{}, true
}

var isoDate = nameFormat{"iso", "YYYY-MM-DD"}

func orDefault[T any](v *T, otherwise T) *T {
	if v != nil {
		return v
	}
	return &otherwise
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v != zero {
		return v
	}
	return otherwise
}

// mustJSON marshals plain data, which always has a JSON form.
func mustJSON(v any) json.RawMessage {
	b, err := encode(v)
	if err != nil {
		panic("airtable: " + err.Error())
	}
	return b[:len(b)-1] // without the encoder's newline
}
