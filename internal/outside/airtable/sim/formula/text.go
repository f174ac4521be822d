package formula

import (
	"strings"
	"unicode/utf16"
)

// textFunctions work on texts.
var textFunctions = map[string]function{
	"LOWER":  {1, 1, func(args []typed) typed { return typed{lower(args[0]), TextType} }},
	"FIND":   {2, 3, func(args []typed) typed { return typed{find(args, Num(0)), NumberType} }},
	"SEARCH": {2, 3, func(args []typed) typed { return typed{find(args, Value{}), NumberType} }},
}

func lower(arg typed) node {
	return func(row Row) Value {
		v := arg.node(row)
		if v.Type == Failure {
			return v
		}
		return Text(strings.ToLower(v.String()))
	}
}

// find looks for its first argument in the second, starting at the third, and counts from 1 in UTF-16 units as
// JavaScript does. FIND and SEARCH are both case-sensitive; they differ in what they return for an absent text.
func find(args []typed, absent Value) node {
	return func(row Row) Value {
		needle, hay, start := args[0].node(row), args[1].node(row), Value{}
		if len(args) == 3 {
			start = args[2].node(row)
		}
		for _, v := range []Value{needle, hay, start} {
			if v.Type == Failure {
				return v
			}
		}
		return position(needle.String(), hay.String(), start, absent)
	}
}

func position(needle, hay string, start, absent Value) Value {
	from, isNumber := start.numeric()
	if !isNumber {
		return Failed()
	}
	skip := 0
	if from > 1 {
		units := utf16.Encode([]rune(hay))
		skip = min(int(min(from, 1<<40))-1, len(units))
		hay = string(utf16.Decode(units[skip:]))
	}
	at := strings.Index(hay, needle)
	if at < 0 {
		return absent
	}
	return Num(float64(skip + len(utf16.Encode([]rune(hay[:at]))) + 1))
}
