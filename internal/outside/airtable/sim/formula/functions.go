package formula

import (
	"strings"
	"unicode/utf16"
)

// function is one entry of the language: how many arguments it takes (max -1: any number) and how a call
// to it is built.
type function struct {
	min, max int
	build    func(args []typed) typed
}

// functions are all that the simulator knows; any other name makes a formula invalid.
var functions = map[string]function{
	"AND":                {1, -1, func(args []typed) typed { return typed{and(args), NumberType} }},
	"OR":                 {1, -1, func(args []typed) typed { return typed{or(args), NumberType} }},
	"NOT":                {1, 1, func(args []typed) typed { return typed{not(args[0]), NumberType} }},
	"IF":                 {2, 3, conditional},
	"BLANK":              {0, 0, func([]typed) typed { return typed{constant(Value{}), Any} }},
	"LOWER":              {1, 1, func(args []typed) typed { return typed{lower(args[0]), TextType} }},
	"FIND":               {2, 3, func(args []typed) typed { return typed{find(args, number(0)), NumberType} }},
	"SEARCH":             {2, 3, func(args []typed) typed { return typed{find(args, Value{}), NumberType} }},
	"RECORD_ID":          {0, 0, func([]typed) typed { return typed{recordID, TextType} }},
	"CREATED_TIME":       {0, 0, func([]typed) typed { return typed{createdTime, DateType} }},
	"LAST_MODIFIED_TIME": {0, 0, func([]typed) typed { return typed{lastModifiedTime, DateType} }},
	"IS_SAME":            {2, 3, func(args []typed) typed { return typed{isSame(args), NumberType} }},
	"IS_AFTER":           {2, 2, func(args []typed) typed { return typed{inOrder(args[1], args[0]), NumberType} }},
	"IS_BEFORE":          {2, 2, func(args []typed) typed { return typed{inOrder(args[0], args[1]), NumberType} }},
	"DATETIME_PARSE":     {1, 3, func(args []typed) typed { return typed{datetimeParse(args), DateType} }},
}

func recordID(row Row) Value         { return Text(row.RecordID()) }
func createdTime(row Row) Value      { return Instant(row.CreatedTime()) }
func lastModifiedTime(row Row) Value { return Instant(row.LastModifiedTime()) }

func and(args []typed) node {
	return func(row Row) Value {
		for _, arg := range args {
			if v := arg.node(row); v.Kind == Failure {
				return v
			} else if !v.Truthy() {
				return Bool(false)
			}
		}
		return Bool(true)
	}
}

func or(args []typed) node {
	return func(row Row) Value {
		for _, arg := range args {
			if v := arg.node(row); v.Kind == Failure || v.Truthy() {
				return orOne(v)
			}
		}
		return Bool(false)
	}
}

// orOne keeps an error and makes everything else 1.
func orOne(v Value) Value {
	if v.Kind == Failure {
		return v
	}
	return Bool(true)
}

func not(arg typed) node {
	return func(row Row) Value {
		v := arg.node(row)
		if v.Kind == Failure {
			return v
		}
		return Bool(!v.Truthy())
	}
}

// conditional is IF. When one branch is text and the other a number, the number becomes text, and 0 a blank.
func conditional(args []typed) typed {
	then, otherwise := args[1], typed{constant(Value{}), Any}
	if len(args) == 3 {
		otherwise = args[2]
	}
	static := then.static
	if static == Any {
		static = otherwise.static
	}
	if otherwise.static != Any && otherwise.static != static {
		static = TextType
		then.node, otherwise.node = asText(then.node), asText(otherwise.node)
	}
	condition := args[0].node
	return typed{func(row Row) Value {
		v := condition(row)
		switch {
		case v.Kind == Failure:
			return v
		case v.Truthy():
			return then.node(row)
		}
		return otherwise.node(row)
	}, static}
}

// asText turns a value into text, 0 into a blank, and leaves errors alone.
func asText(inner node) node {
	return func(row Row) Value {
		v := inner(row)
		switch {
		case v.Kind == Failure:
			return v
		case v.Kind == Number && v.Num == 0:
			return Value{}
		}
		return Text(v.String())
	}
}

func lower(arg typed) node {
	return func(row Row) Value {
		v := arg.node(row)
		if v.Kind == Failure {
			return v
		}
		return Text(strings.ToLower(v.String()))
	}
}

// find looks for the first text in the second, from the third on, and counts from 1 in UTF-16 units as
// JavaScript does. Both FIND and SEARCH mind the case; they differ in what they say when it is absent.
func find(args []typed, absent Value) node {
	return func(row Row) Value {
		needle, hay, start := args[0].node(row), args[1].node(row), Value{}
		if len(args) == 3 {
			start = args[2].node(row)
		}
		for _, v := range []Value{needle, hay, start} {
			if v.Kind == Failure {
				return v
			}
		}
		return position(needle.String(), hay.String(), start, absent)
	}
}

func position(needle, hay string, start, absent Value) Value {
	from, isNumber := start.numeric()
	if !isNumber {
		return failed
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
	return number(float64(skip + len(utf16.Encode([]rune(hay[:at]))) + 1))
}
