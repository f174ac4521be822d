package formula

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// calendarFunctions take dates apart, move them and write them.
var calendarFunctions = map[string]function{
	"NOW":             timed(0, 0, DateType, func(row Row, _ []Value) Value { return Instant(row.Now()) }),
	"TODAY":           timed(0, 0, DateType, func(row Row, _ []Value) Value { return Instant(midnight(time.UnixMilli(row.Now()).UTC()).UnixMilli()) }),
	"YEAR":            part(func(at time.Time) int { return at.Year() }),
	"MONTH":           part(func(at time.Time) int { return int(at.Month()) }),
	"DAY":             part(time.Time.Day),
	"HOUR":            part(time.Time.Hour),
	"MINUTE":          part(time.Time.Minute),
	"SECOND":          part(time.Time.Second),
	"WEEKDAY":         strict(1, 2, NumberType, withWeekStart(func(at time.Time, start time.Weekday) int { return int(at.Weekday()-start+7) % 7 })),
	"WEEKNUM":         strict(1, 2, NumberType, withWeekStart(weekOfYear)),
	"DATEADD":         strict(3, 3, DateType, dateAdd),
	"DATETIME_DIFF":   strict(2, 3, NumberType, datetimeDiff),
	"WORKDAY":         strict(2, 3, DateType, workday),
	"WORKDAY_DIFF":    strict(2, 3, NumberType, workdayDiff),
	"DATESTR":         strict(1, 1, TextType, func(args []Value) Value { return formatted(args[0], "YYYY-MM-DD") }),
	"TIMESTR":         strict(1, 1, TextType, func(args []Value) Value { return formatted(args[0], "HH:mm:ss") }),
	"DATETIME_FORMAT": strict(1, 2, TextType, datetimeFormat),
	"SET_TIMEZONE":    strict(2, 2, DateType, setTimezone),
	"SET_LOCALE":      strict(2, 2, DateType, func(args []Value) Value { return withoutLocale(args[0]) }),
	"FROMNOW":         timed(1, 1, TextType, distance),
	"TONOW":           timed(1, 1, TextType, distance),
}

// moment is a value as a time in the zone that it is shown in. A blank or a text that is not a date is none.
func moment(v Value) (time.Time, bool) {
	v = v.single()
	millis, ok := v.instant()
	at := time.UnixMilli(millis).UTC()
	if ok && v.Type == Date && v.Text != "" {
		if zone, err := time.LoadLocation(v.Text); err == nil {
			at = at.In(zone)
		}
	}
	return at, ok
}

// inZoneOf is a time as a value that is shown in the same zone as another.
func inZoneOf(v Value, at time.Time) Value {
	out := Instant(at.UnixMilli())
	if v = v.single(); v.Type == Date {
		out.Text = v.Text
	}
	return out
}

// ifBlank keeps blanks and calls everything else that is not a date an error.
func ifBlank(v Value) Value {
	if v.single().Type == Blank {
		return Value{}
	}
	return Failed()
}

func midnight(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}

// part is a function that takes a number out of a date.
func part(of func(time.Time) int) function {
	return strict(1, 1, NumberType, func(args []Value) Value {
		at, ok := moment(args[0])
		if !ok {
			return ifBlank(args[0])
		}
		return Num(float64(of(at)))
	})
}

// withWeekStart counts in weeks that start on Sunday, or on Monday when the second argument says so.
func withWeekStart(count func(at time.Time, start time.Weekday) int) func(args []Value) Value {
	return func(args []Value) Value {
		at, ok := moment(args[0])
		if !ok {
			return ifBlank(args[0])
		}
		start := time.Sunday
		if strings.EqualFold(argument(args, 1).String(), "Monday") {
			start = time.Monday
		}
		return Num(float64(count(at, start)))
	}
}

// weekOfYear counts weeks from the one with January 1. The last days of December can belong to the next year's first.
func weekOfYear(at time.Time, start time.Weekday) int {
	end := midnight(at).AddDate(0, 0, 6-int(at.Weekday()-start+7)%7) // the week's last day decides its year
	first := time.Date(end.Year(), 1, 1, 0, 0, 0, 0, end.Location())
	return (end.YearDay()-1+int(first.Weekday()-start+7)%7)/7 + 1
}

func dateAdd(args []Value) Value {
	at, ok := moment(args[0])
	n, isNumber := args[1].numeric()
	if !ok {
		return ifBlank(args[0])
	}
	if !isNumber || math.Abs(n) > 1e9 {
		return Failed()
	}
	moved, known := addUnits(at, n, args[2].String())
	if !known || moved.Year() < -9999 || moved.Year() > 99999 {
		return Failed()
	}
	return inZoneOf(args[0], moved)
}

// addUnits moves a time by a number of units.
func addUnits(at time.Time, n float64, name string) (time.Time, bool) {
	switch unit, _ := unitNamed(name); unit {
	case "year":
		return addMonths(at, 12*int(n)), true
	case "quarter":
		return addMonths(at, 3*int(n)), true
	case "month":
		return addMonths(at, int(n)), true
	case "week":
		return at.AddDate(0, 0, 7*int(n)), true
	case "day":
		return at.AddDate(0, 0, int(n)), true
	case "":
		return at, false
	default:
		return at.Add(time.Duration(n * float64(lengths[unit]))), true
	}
}

// addMonths keeps the day, or takes the last one of a month that is too short.
func addMonths(at time.Time, n int) time.Time {
	first := time.Date(at.Year(), at.Month()+time.Month(n), 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), at.Location())
	return first.AddDate(0, 0, min(at.Day(), daysIn(first.Year(), first.Month()))-1)
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// lengths are the units of a fixed length.
var lengths = map[string]time.Duration{
	"millisecond": time.Millisecond, "second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

// shortUnits are the short names of units. Their case matters: m is a minute, M a month.
var shortUnits = map[string]string{"ms": "millisecond", "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "M": "month", "Q": "quarter", "y": "year"}

// unitNamed is the unit that a name in singular, plural or short stands for.
func unitNamed(name string) (string, bool) {
	if unit, short := shortUnits[name]; short {
		return unit, true
	}
	unit := strings.TrimSuffix(strings.ToLower(name), "s")
	if _, fixed := lengths[unit]; fixed || unit == "month" || unit == "quarter" || unit == "year" {
		return unit, true
	}
	return "", false
}

// datetimeDiff is how many whole units lie between two dates; negative when the second is later. Seconds are counted
// when no unit is given.
func datetimeDiff(args []Value) Value {
	a, aOK := moment(args[0])
	b, bOK := moment(args[1])
	if !aOK || !bOK {
		return Failed()
	}
	name := "second"
	if len(args) == 3 {
		name = args[2].String()
	}
	unit, known := unitNamed(name)
	if !known {
		return Failed()
	}
	months := map[string]float64{"month": 1, "quarter": 3, "year": 12}[unit]
	n := 0.0
	if months > 0 {
		n = monthsBetween(a.UTC(), b.UTC()) / months
	} else {
		n = float64(a.UnixMilli()-b.UnixMilli()) / float64(lengths[unit].Milliseconds())
	}
	return Num(math.Trunc(n) + 0) // no negative zero
}

// monthsBetween is how many months a lies after b; the part of a month that is left counts by its days.
func monthsBetween(a, b time.Time) float64 {
	if a.Day() < b.Day() {
		return -monthsBetween(b, a)
	}
	whole := (b.Year()-a.Year())*12 + int(b.Month()-a.Month())
	anchor := addMonths(a, whole)
	other := addMonths(a, whole+1)
	if b.Before(anchor) {
		other = addMonths(a, whole-1)
	}
	return -(float64(whole) + float64(b.Sub(anchor))/math.Abs(float64(other.Sub(anchor))))
}

// maxWorkdays bounds how far WORKDAY and WORKDAY_DIFF count, in days.
const maxWorkdays = 20_000

// workday is the date a number of working days later.
func workday(args []Value) Value {
	at, ok := moment(args[0])
	n, isNumber := args[1].numeric()
	if !ok {
		return ifBlank(args[0])
	}
	if !isNumber || math.Abs(n) > maxWorkdays {
		return Failed()
	}
	step := 1
	if n < 0 {
		step = -1
	}
	off := holidays(argument(args, 2))
	for left := int(math.Abs(n)); left > 0; {
		at = at.AddDate(0, 0, step)
		if works(at, off) {
			left--
		}
	}
	return inZoneOf(args[0], at)
}

// workdayDiff counts the working days from one date to another, both included.
func workdayDiff(args []Value) Value {
	from, fromOK := moment(args[0])
	to, toOK := moment(args[1])
	if !fromOK || !toOK || math.Abs(to.Sub(from).Hours()) > 24*maxWorkdays {
		return Failed()
	}
	sign := 1.0
	if to.Before(from) {
		from, to, sign = to, from, -1
	}
	off := holidays(argument(args, 2))
	n := 0.0
	for at := midnight(from); !at.After(midnight(to)); at = at.AddDate(0, 0, 1) {
		if works(at, off) {
			n++
		}
	}
	return Num(sign * n)
}

// holidays reads days in ISO 8601 with commas between them.
func holidays(v Value) map[string]bool {
	days := map[string]bool{}
	for _, day := range strings.Split(v.String(), ",") {
		if day = strings.TrimSpace(day); day != "" {
			days[day] = true
		}
	}
	return days
}

func works(at time.Time, off map[string]bool) bool {
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && (len(off) == 0 || !off[at.Format(time.DateOnly)])
}

// setTimezone keeps the moment and changes the zone in which it is shown and taken apart.
func setTimezone(args []Value) Value {
	at, ok := moment(args[0])
	if !ok {
		return ifBlank(args[0])
	}
	name := args[1].String()
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return Failed()
	}
	out := Instant(at.UnixMilli())
	if out.Text = name; strings.EqualFold(name, "utc") || strings.EqualFold(name, "gmt") {
		out.Text = ""
	}
	return out
}

// withoutLocale is SET_LOCALE: every locale writes English here.
func withoutLocale(v Value) Value {
	at, ok := moment(v)
	if !ok {
		return ifBlank(v)
	}
	return inZoneOf(v, at)
}

// distance is how far a date is from now, in the words of moment.js.
func distance(row Row, args []Value) Value {
	at, ok := moment(args[0])
	if !ok {
		return ifBlank(args[0])
	}
	seconds := math.Abs(float64(at.UnixMilli()-row.Now())) / 1000
	for _, step := range []struct {
		below   float64
		one     string
		many    string
		seconds float64
	}{
		{45, "a few seconds", "", 1}, {2700, "a minute", "%d minutes", 60}, {79200, "an hour", "%d hours", 3600},
		{2246400, "a day", "%d days", 86400}, {28857600, "a month", "%d months", 2629746}, {math.Inf(1), "a year", "%d years", 31556952},
	} {
		if seconds >= step.below {
			continue
		}
		n := int(math.Round(seconds / step.seconds))
		if n <= 1 || step.many == "" {
			return Text(step.one)
		}
		return Text(fmt.Sprintf(step.many, n))
	}
	return Failed()
}
