package formula

import "time"

// dateFunctions compare and read dates.
var dateFunctions = map[string]function{
	"IS_SAME":        {2, 3, func(args []typed) typed { return typed{isSame(args), NumberType} }},
	"IS_AFTER":       {2, 2, func(args []typed) typed { return typed{inOrder(args[1], args[0]), NumberType} }},
	"IS_BEFORE":      {2, 2, func(args []typed) typed { return typed{inOrder(args[0], args[1]), NumberType} }},
	"DATETIME_PARSE": timed(1, 3, DateType, datetimeParse),
}

// inOrder is IS_BEFORE: a blank is neither before nor after anything, a text that is not a date is an error.
func inOrder(first, second typed) node {
	return func(row Row) Value {
		a, b := first.node(row), second.node(row)
		left, right, early := instants(a, b)
		if early != nil {
			return *early
		}
		return Bool(left < right)
	}
}

// instants are two values as times, or else the result that is already certain: an error, or false for a blank.
func instants(a, b Value) (int64, int64, *Value) {
	for _, v := range []Value{a, b} {
		if v.Type == Failure {
			return 0, 0, &v
		}
	}
	if a.single().Type == Blank || b.single().Type == Blank {
		no := Bool(false)
		return 0, 0, &no
	}
	left, leftOK := a.instant()
	right, rightOK := b.instant()
	if !leftOK || !rightOK {
		wrong := Failed()
		return 0, 0, &wrong
	}
	return left, right, nil
}

// isSame compares two dates, to the millisecond or down to a unit.
func isSame(args []typed) node {
	return func(row Row) Value {
		left, right, early := instants(args[0].node(row), args[1].node(row))
		if early != nil {
			return *early
		}
		if len(args) == 2 {
			return Bool(left == right)
		}
		unit := args[2].node(row).String()
		a, known := truncated(left, unit)
		b, _ := truncated(right, unit)
		if !known {
			return Failed()
		}
		return Bool(a.Equal(b))
	}
}

// truncated is the start of the unit that an instant lies in; weeks start on Sunday.
func truncated(millis int64, unit string) (time.Time, bool) {
	at := time.UnixMilli(millis).UTC()
	day := midnight(at)
	unit, _ = unitNamed(unit)
	switch unit {
	case "year":
		return time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC), true
	case "quarter":
		return time.Date(at.Year(), (at.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC), true
	case "month":
		return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC), true
	case "week":
		return day.AddDate(0, 0, -int(at.Weekday())), true
	case "day":
		return day, true
	case "hour":
		return at.Truncate(time.Hour), true
	case "minute":
		return at.Truncate(time.Minute), true
	case "second":
		return at.Truncate(time.Second), true
	case "millisecond":
		return at, true
	}
	return at, false
}

// datetimeParse reads a text by a format, or in ISO 8601 without one; a date stays as it is. What the locale in the
// third argument says is read in English.
func datetimeParse(row Row, args []Value) Value {
	text := args[0].single()
	if text.Type != String {
		return unlessNumber(text)
	}
	at, err := parseAny(text.Text)
	if len(args) > 1 && args[1].String() != "" {
		at, err = parseMoment(text.Text, args[1].String(), time.UnixMilli(row.Now()).UTC())
	}
	if err != nil {
		return Failed()
	}
	return Instant(at.UnixMilli())
}

// unlessNumber keeps dates, blanks and errors; anything else is not a date.
func unlessNumber(v Value) Value {
	if v.Type == Number || v.Type == Array {
		return Failed()
	}
	return v
}
