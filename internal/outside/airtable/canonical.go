package airtable

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// form is one way to compare cells.
type form int

const (
	formJSON form = iota // as a JSON value, whatever the order of keys and the spelling of numbers
	formText
	formRichText
	formNumber
	formDate
	formTime
	formSelect
	formPerson
	formLink
	formAttachment
)

// Form is a version of the canonical form. Who keeps hashes of cells keeps the
// form with them, and compares an old hash in its old form.
type Form byte

// The forms.
const (
	FormRounded Form = 1 // numbers are rounded to the digits that their field shows
	FormStored  Form = 2 // numbers are compared as they are stored
	// CurrentForm is that of Canonical.
	CurrentForm = FormStored
)

// Canonical returns the form in which cells of field f are compared: equal cells
// have equal bytes. An empty cell (absent, null, "", false, [], an emptied rich
// text) returns nil. A cell that is not what its type promises, or whose type is
// unknown, is compared as a JSON value; bytes that are not JSON are returned as
// they are.
//
// Numbers are compared as they are stored, whatever the field shows: to 15
// significant digits, whole numbers by all their digits. Times are compared in UTC
// milliseconds. Rich text is compared after Airtable's own rewriting, selects by
// name, people by email, and attachments by name and size, since their ids and
// addresses change on every read.
func Canonical(f Field, cell json.RawMessage) json.RawMessage { return CurrentForm.Of(f, cell) }

// Of is Canonical in this form.
func (form Form) Of(f Field, cell json.RawMessage) json.RawMessage {
	v, err := decodeValue(cell)
	if err != nil {
		return cell
	}
	if empty(v) {
		return nil
	}
	if v = form.value(f, v); empty(v) {
		return nil
	}
	return mustJSON(v)
}

func (form Form) value(f Field, v any) any {
	switch typeTraits[f.Type].compare {
	case formRichText:
		return whenText(v, normalMarkdown)
	case formNumber:
		if form == FormRounded {
			return roundNumber(v, f.ShownDigits())
		}
		return storedNumber(v)
	case formDate:
		return whenText(v, dateOnly)
	case formTime:
		return canonicalTime(v)
	case formSelect:
		return each(v, pick("name"))
	case formPerson:
		return each(v, person)
	case formLink:
		return each(v, pick("id"))
	case formAttachment:
		return each(v, attachment)
	}
	return plainNumbers(v)
}

// decodeValue reads a cell and keeps its numbers as they are written.
func decodeValue(cell json.RawMessage) (any, error) {
	if len(cell) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(cell))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	if err == nil && dec.More() {
		err = strconv.ErrSyntax
	}
	return v, err
}

// empty reports whether Airtable leaves the value out of a record. The number 0
// is a value.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	}
	return false
}

// whenText applies f to a text and leaves anything else as it is.
func whenText(v any, f func(string) string) any {
	if s, ok := v.(string); ok {
		return f(s)
	}
	return plainNumbers(v)
}

// each applies f to the items of a list, or to a single value.
func each(v any, f func(any) any) any {
	items, ok := v.([]any)
	if !ok {
		return f(v)
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

// pick replaces an object by one of its members. Cells come as objects in webhook
// payloads.
func pick(key string) func(any) any {
	return func(v any) any {
		if o, ok := v.(map[string]any); ok {
			if s, ok := o[key].(string); ok {
				return s
			}
		}
		return plainNumbers(v)
	}
}

func person(v any) any {
	if o, ok := v.(map[string]any); ok {
		if email, _ := o["email"].(string); email != "" {
			return strings.ToLower(email)
		}
		if id, _ := o["id"].(string); id != "" {
			return id
		}
	}
	return plainNumbers(v)
}

func attachment(v any) any {
	o, ok := v.(map[string]any)
	if !ok {
		return plainNumbers(v)
	}
	return []any{plainNumbers(o["filename"]), plainNumbers(o["size"])}
}

// ShownDigits is how many decimal places of a cell the field shows; -1 means all
// of them. A percent cell is a fraction: 12.3 % is 0.123.
func (f Field) ShownDigits() int {
	precision := f.options().Precision
	switch {
	case precision == nil || *precision < 0 || *precision > 20:
		return -1
	case f.Type == Percent:
		return *precision + 2
	}
	return *precision
}

func roundNumber(v any, digits int) any {
	n, ok := v.(json.Number)
	if !ok {
		return plainNumbers(v)
	}
	x, err := n.Float64()
	if err != nil {
		return n
	}
	if digits >= 0 {
		// by way of text, so that 0.1+0.2 equals 0.3
		x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'f', digits, 64), 64)
	}
	return plainNumber(x)
}

// storedNumber evens out what differs between two stores of one number: the last
// bits of a fraction. A whole number keeps every digit, also where a float no
// longer tells two of them apart.
func storedNumber(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return plainNumbers(v)
	}
	x, err := n.Float64()
	switch {
	case err != nil:
		return n
	case math.Abs(x) >= 1<<53:
		if exact, ok := new(big.Rat).SetString(n.String()); ok && exact.IsInt() {
			return json.Number(exact.Num().String())
		}
	case x != math.Trunc(x):
		x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
	}
	return plainNumber(x)
}

// plainNumber spells a number in one way, however it was spelled: 1e2 and 100.0 are 100.
func plainNumber(x float64) json.Number {
	if x == 0 { // also -0
		return "0"
	}
	if abs := math.Abs(x); abs < 1e21 && abs > 1e-7 {
		return json.Number(strconv.FormatFloat(x, 'f', -1, 64))
	}
	return json.Number(strconv.FormatFloat(x, 'e', -1, 64))
}

// plainNumbers spells all numbers in v in one way.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if x, err := v.Float64(); err == nil {
			return plainNumber(x)
		}
		return v
	case []any:
		return each(v, plainNumbers)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = plainNumbers(x)
		}
		return out
	}
	return v
}

const timeForm = "2006-01-02T15:04:05.000Z07:00"

// canonicalTime turns an ISO time or epoch milliseconds into UTC milliseconds.
func canonicalTime(v any) any {
	switch v := v.(type) {
	case string:
		if at, ok := parseTime(v); ok {
			return at.UTC().Truncate(time.Millisecond).Format(timeForm)
		}
	case json.Number:
		if ms, err := v.Float64(); err == nil && math.Abs(ms) < 1<<47 {
			return time.UnixMilli(int64(ms)).UTC().Format(timeForm)
		}
	}
	return plainNumbers(v)
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// dateOnly drops the time from a date that came with one.
func dateOnly(s string) string {
	if at, ok := parseTime(s); ok {
		return at.UTC().Format(time.DateOnly)
	}
	return s
}

// normalMarkdown evens out what Airtable rewrites in rich text: one bullet
// character, no blanks at the ends of lines, no newline at the end. An emptied
// cell reads "\n".
func normalMarkdown(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, " \t")
		bare := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(bare, "* ") || strings.HasPrefix(bare, "+ ") {
			line = line[:len(line)-len(bare)] + "-" + bare[1:]
		}
		lines[i] = line
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
