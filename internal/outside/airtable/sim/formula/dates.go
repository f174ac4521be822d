package formula

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// errNoDate says that a text is no date.
var errNoDate = errors.New("not a date")

// isoLayouts are the spellings that Airtable takes for a date without being told a format.
var isoLayouts = []string{
	"2006-01-02", time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006/01/02",
	"1/2/2006", "1/2/2006 15:04", "1/2/2006 3:04pm",
}

// ParseISO reads a date or a time in ISO 8601 or in the American form; without a zone it is read in the given one.
func ParseISO(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range isoLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errNoDate
}

// inOrder is IS_BEFORE: a blank is neither before nor after anything, a text that is no date is an error.
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

// instants are two values as times, or the result that stands already: an error, or false for a blank.
func instants(a, b Value) (int64, int64, *Value) {
	for _, v := range []Value{a, b} {
		if v.Kind == Failure {
			return 0, 0, &v
		}
	}
	if a.Kind == Blank || b.Kind == Blank {
		no := Bool(false)
		return 0, 0, &no
	}
	left, leftOK := a.instant()
	right, rightOK := b.instant()
	if !leftOK || !rightOK {
		wrong := failed
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
			return failed
		}
		return Bool(a.Equal(b))
	}
}

// truncated is the start of the unit in which an instant lies; weeks start on Sunday.
func truncated(millis int64, unit string) (time.Time, bool) {
	at := time.UnixMilli(millis).UTC()
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	switch strings.TrimSuffix(strings.ToLower(unit), "s") {
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

// datetimeParse reads a text by a format, or in ISO 8601 without one; a date stays as it is.
func datetimeParse(args []typed) node {
	return func(row Row) Value {
		text := args[0].node(row)
		if text.Kind != String {
			return unlessNumber(text)
		}
		var at time.Time
		var err error
		if len(args) == 1 {
			at, err = ParseISO(text.Text, time.UTC)
		} else {
			at, err = parseFormat(text.Text, args[1].node(row).String())
		}
		if err != nil {
			return failed
		}
		return Instant(at.UnixMilli())
	}
}

// unlessNumber keeps dates, blanks and errors; a number is no date.
func unlessNumber(v Value) Value {
	if v.Kind == Number {
		return failed
	}
	return v
}

// formatTokens are Airtable's format words and how Go spells them, longest first where one begins another.
var formatTokens = []struct{ word, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
	{"DD", "02"}, {"D", "2"}, {"dddd", "Monday"}, {"ddd", "Mon"}, {"HH", "15"}, {"H", "15"}, {"hh", "03"}, {"h", "3"},
	{"mm", "04"}, {"m", "4"}, {"SSS", "000"}, {"ss", "05"}, {"s", "5"}, {"A", "PM"}, {"a", "pm"},
	{"ZZ", "-0700"}, {"Z", "-07:00"},
}

// parseFormat reads a text by Airtable's format words; X and x are seconds and milliseconds since 1970.
func parseFormat(text, format string) (time.Time, error) {
	switch format {
	case "X", "x":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || n < -1e15 || n > 1e15 {
			return time.Time{}, errNoDate
		}
		if format == "X" {
			n *= 1000
		}
		return time.UnixMilli(int64(n)).UTC(), nil
	}
	return time.Parse(goLayout(format), strings.TrimSpace(text))
}

// goLayout translates a format word by word; what is no word stands for itself.
func goLayout(format string) string {
	var layout strings.Builder
	for rest := format; rest != ""; {
		word, replacement := rest[:1], rest[:1]
		if end := strings.IndexByte(rest, ']'); rest[0] == '[' && end > 0 {
			word, replacement = rest[:end+1], rest[1:end]
		} else {
			for _, t := range formatTokens {
				if strings.HasPrefix(rest, t.word) {
					word, replacement = t.word, t.layout
					break
				}
			}
		}
		layout.WriteString(replacement)
		rest = rest[len(word):]
	}
	return layout.String()
}
