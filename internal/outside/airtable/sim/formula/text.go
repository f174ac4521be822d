package formula

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf16"
)

// textFunctions work on texts. Places and lengths count UTF-16 units, as JavaScript does.
var textFunctions = map[string]function{
	"LOWER":                strict(1, 1, TextType, func(args []Value) Value { return Text(strings.ToLower(args[0].String())) }),
	"UPPER":                strict(1, 1, TextType, func(args []Value) Value { return Text(strings.ToUpper(args[0].String())) }),
	"TRIM":                 strict(1, 1, TextType, func(args []Value) Value { return Text(strings.TrimSpace(args[0].String())) }),
	"LEN":                  strict(1, 1, NumberType, func(args []Value) Value { return Num(float64(len(units(args[0])))) }),
	"FIND":                 strict(2, 3, NumberType, func(args []Value) Value { return find(args, Num(0)) }),
	"SEARCH":               strict(2, 3, NumberType, func(args []Value) Value { return find(args, Value{}) }),
	"CONCATENATE":          strict(1, -1, TextType, func(args []Value) Value { return bounded(args...) }),
	"LEFT":                 strict(1, 2, TextType, func(args []Value) Value { return cut(args[0], Num(0), oneUnlessGiven(args, 1)) }),
	"RIGHT":                strict(1, 2, TextType, right),
	"MID":                  strict(3, 3, TextType, func(args []Value) Value { return mid(args) }),
	"REPT":                 strict(2, 2, TextType, repeated),
	"REPLACE":              strict(4, 4, TextType, replaced),
	"SUBSTITUTE":           strict(3, 4, TextType, substituted),
	"T":                    strict(1, 1, TextType, func(args []Value) Value { return onlyText(args[0]) }),
	"ENCODE_URL_COMPONENT": strict(1, 1, TextType, func(args []Value) Value { return Text(urlComponent(args[0].String())) }),
}

// units is a value's text in UTF-16.
func units(v Value) []uint16 { return utf16.Encode([]rune(v.String())) }

// bounded joins values as texts unless the result would be too long.
func bounded(values ...Value) Value {
	var out strings.Builder
	for _, v := range values {
		text := v.String()
		if out.Len()+len(text) > maxText {
			return Failed()
		}
		out.WriteString(text)
	}
	return Text(out.String())
}

func onlyText(v Value) Value {
	if v.single().Type == String {
		return v.single()
	}
	return Value{}
}

// oneUnlessGiven is an argument that means 1 when it is left out.
func oneUnlessGiven(args []Value, at int) Value {
	if at < len(args) {
		return args[at]
	}
	return Num(1)
}

// cut is as many units as count says, after as many as skip says.
func cut(v, skip, count Value) Value {
	n, ok := count.numeric()
	from, fromOK := skip.numeric()
	if !ok || !fromOK {
		return Failed()
	}
	all := units(v)
	start := int(min(max(from, 0), float64(len(all))))
	end := start + int(min(max(n, 0), float64(len(all)-start)))
	return Text(string(utf16.Decode(all[start:end])))
}

func right(args []Value) Value {
	n, ok := oneUnlessGiven(args, 1).numeric()
	if !ok {
		return Failed()
	}
	length := float64(len(units(args[0])))
	n = min(max(math.Trunc(n), 0), length)
	return cut(args[0], Num(length-n), Num(n))
}

// mid is MID: the text, from where, counted from 1, and how much.
func mid(args []Value) Value {
	from, ok := args[1].numeric()
	if !ok {
		return Failed()
	}
	return cut(args[0], Num(from-1), args[2])
}

func repeated(args []Value) Value {
	n, ok := args[1].numeric()
	text := args[0].String()
	if !ok || n*float64(len(text)) > maxText {
		return Failed()
	}
	if text == "" || n < 1 {
		return Value{}
	}
	return Text(strings.Repeat(text, int(n)))
}

// replaced is REPLACE: a number of units from a place on give way to another text.
func replaced(args []Value) Value {
	from, fromOK := args[1].numeric()
	count, countOK := args[2].numeric()
	if !fromOK || !countOK {
		return Failed()
	}
	before := cut(args[0], Num(0), Num(from-1))
	after := cut(args[0], Num(max(from-1, 0)+max(count, 0)), Num(math.MaxInt32))
	return bounded(before, args[3], after)
}

// substituted is SUBSTITUTE: every occurrence of a text becomes another, or only the one with the given number.
func substituted(args []Value) Value {
	text, old, fresh := args[0].String(), args[1].String(), args[2].String()
	if old == "" {
		return Text(text)
	}
	nth, ok := argument(args, 3).numeric()
	if !ok {
		return Failed()
	}
	if len(args) == 3 {
		if len(text)+strings.Count(text, old)*len(fresh) > maxText {
			return Failed()
		}
		return Text(strings.ReplaceAll(text, old, fresh))
	}
	before, rest := "", text
	for n := 1.0; ; n++ {
		head, tail, found := strings.Cut(rest, old)
		if !found {
			return Text(text)
		}
		if n == nth {
			return bounded(Text(before+head), Text(fresh), Text(tail))
		}
		before, rest = before+head+old, tail
	}
}

// urlComponent escapes all that encodeURIComponent escapes.
func urlComponent(text string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, "%%%02X", c)
	}
	return out.String()
}

// find looks for its first argument in the second, starting at the third, and counts from 1. FIND and SEARCH are both
// case-sensitive; they differ in what they return for an absent text.
func find(args []Value, absent Value) Value {
	from, isNumber := argument(args, 2).numeric()
	if !isNumber {
		return Failed()
	}
	needle, hay := args[0].String(), args[1].String()
	skip := 0
	if from > 1 {
		all := units(args[1])
		skip = int(min(from-1, float64(len(all))))
		hay = string(utf16.Decode(all[skip:]))
	}
	at := strings.Index(hay, needle)
	if at < 0 {
		return absent
	}
	return Num(float64(skip + len(utf16.Encode([]rune(hay[:at]))) + 1))
}
