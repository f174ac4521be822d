package formula

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// ValueType is what a Value holds.
type ValueType int

// The types of values. Failure is an error cell such as #ERROR!.
const (
	Blank ValueType = iota
	Number
	String
	Date
	Array
	Failure
)

// Value is the result of a formula or of a field. A Date has its milliseconds since 1970 in Num and the name of the
// zone that it is shown in, if that is not UTC, in Text. A Failure has its text in Text, an Array its values in List.
type Value struct {
	Type ValueType
	Num  float64
	Text string
	List []Value
}

// Failed is the value of every computation that makes no sense.
func Failed() Value { return Value{Type: Failure, Text: "#ERROR!"} }

// Num is the value of a number.
func Num(n float64) Value { return Value{Type: Number, Num: n} }

// Text is the value of a text; an empty text is a blank.
func Text(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{Type: String, Text: s}
}

// Instant is the value of a date.
func Instant(millis int64) Value { return Value{Type: Date, Num: float64(millis)} }

// List is the value of a lookup: what its records have, in their order.
func List(values []Value) Value { return Value{Type: Array, List: values} }

// Bool is the value of a truth: 1 or 0, as Airtable computes with it.
func Bool(b bool) Value {
	if b {
		return Num(1)
	}
	return Num(0)
}

// Truthy reports whether a record with this value passes a filter: anything but 0, "", a blank, NaN and an error.
func (v Value) Truthy() bool {
	switch v.Type {
	case Number:
		return v.Num != 0 && !math.IsNaN(v.Num)
	case String:
		return v.Text != ""
	case Date:
		return true
	case Array:
		return len(v.List) > 0
	}
	return false
}

// String is the value as & and a text field show it.
func (v Value) String() string {
	switch v.Type {
	case Number:
		return FormatNumber(v.Num)
	case Date:
		return FormatInstant(int64(v.Num))
	case Array:
		return joined(v.List, ", ")
	case String, Failure:
		return v.Text
	}
	return ""
}

// FormatNumber writes a number in its shortest form that reads back as the same number.
func FormatNumber(n float64) string {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// numeric is the value as a number: a blank is 0; a text or a date is not a number.
func (v Value) numeric() (float64, bool) {
	v = v.single()
	return v.Num, v.Type == Number || v.Type == Blank
}

// single is the only value of a list of one, a blank for an empty list, and any other value itself. Airtable computes
// with a lookup of one record as with the value.
func (v Value) single() Value {
	switch {
	case v.Type != Array || len(v.List) > 1:
		return v
	case len(v.List) == 0:
		return Value{}
	}
	return v.List[0].single()
}

// joined writes values after each other, as far as there is room. Blanks are left out.
func joined(values []Value, separator string) string {
	var out strings.Builder
	for _, v := range values {
		text := v.String()
		if text == "" || out.Len()+len(separator)+len(text) > maxText {
			continue
		}
		if out.Len() > 0 {
			out.WriteString(separator)
		}
		out.WriteString(text)
	}
	return out.String()
}

// instant is the value as a time: a date, or a text that is one.
func (v Value) instant() (int64, bool) {
	v = v.single()
	switch v.Type {
	case Date:
		return int64(v.Num), true
	case String:
		at, err := ParseISO(v.Text, time.UTC)
		return at.UnixMilli(), err == nil
	}
	return 0, false
}
