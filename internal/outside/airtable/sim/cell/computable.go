package cell

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// Computable is what formulas, sorting and titles see of a stored cell. Of a link they see the titles of its
// records instead, which are not stored.
func Computable(f *schema.Field, v Value) formula.Value {
	switch v := v.(type) {
	case string:
		return textOrDate(f, v)
	case float64:
		return formula.Num(v)
	case bool:
		return formula.Bool(v)
	case []string:
		return formula.Text(strings.Join(v, ", "))
	case json.RawMessage:
		return formula.Text(objectText(v))
	}
	if f.Shape() == schema.Checkbox {
		return formula.Bool(false)
	}
	return formula.Value{}
}

// textOrDate is a text, or the date that it spells in a field of dates.
func textOrDate(f *schema.Field, text string) formula.Value {
	if shape := f.Shape(); shape == schema.Date || shape == schema.DateTime {
		if at, err := formula.ParseISO(text, time.UTC); err == nil {
			return formula.Instant(at.UnixMilli())
		}
	}
	return formula.Text(text)
}

// objectText is what a formula sees of collaborators, attachments and barcodes.
func objectText(raw json.RawMessage) string {
	type parts struct{ Name, Email, Filename, Text string }
	var list []parts
	if raw[0] == '{' {
		list = make([]parts, 1)
		_ = json.Unmarshal(raw, &list[0]) // our own writing
	} else {
		_ = json.Unmarshal(raw, &list)
	}
	texts := make([]string, 0, len(list))
	for _, one := range list {
		text := one.Text + one.Filename + one.Name
		if text == "" {
			text = one.Email
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}
