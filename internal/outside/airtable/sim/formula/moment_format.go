package formula

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// writers are how the words of a format look in a text.
var writers = map[string]func(at time.Time) string{
	"Y": layout("2006"), "YYYY": layout("2006"), "YY": layout("06"), "YYYYY": digitsOf("%05d"), "YYYYYY": digitsOf("%+07d"),
	"M": layout("1"), "MM": layout("01"), "MMM": layout("Jan"), "MMMM": layout("January"),
	"Mo": ordinal(func(at time.Time) int { return int(at.Month()) }),
	"Q":  number(quarter), "Qo": ordinal(quarter),
	"D": layout("2"), "DD": layout("02"), "Do": ordinal(time.Time.Day),
	"DDD": number(time.Time.YearDay), "DDDD": layout("002"), "DDDo": ordinal(time.Time.YearDay),
	"d": number(weekday), "do": ordinal(weekday), "e": number(weekday), "E": number(isoWeekday),
	"dd": func(at time.Time) string { return at.Weekday().String()[:2] }, "ddd": layout("Mon"), "dddd": layout("Monday"),
	"w": number(usWeek), "wo": ordinal(usWeek), "ww": padded(usWeek), "W": number(isoWeek), "Wo": ordinal(isoWeek), "WW": padded(isoWeek),
	"gg": padded(func(at time.Time) int { return weekYear(at) % 100 }), "gggg": number(weekYear),
	"GG": padded(func(at time.Time) int { return isoYear(at) % 100 }), "GGGG": number(isoYear),
	"A": layout("PM"), "a": layout("pm"), "H": number(time.Time.Hour), "HH": layout("15"), "h": layout("3"), "hh": layout("03"),
	"k": number(hour24), "kk": padded(hour24), "m": layout("4"), "mm": layout("04"), "s": layout("5"), "ss": layout("05"),
	"z": layout("MST"), "zz": layout("MST"), "Z": layout("-07:00"), "ZZ": layout("-0700"),
	"X": func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) },
	"x": func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
}

func layout(text string) func(time.Time) string {
	return func(at time.Time) string { return at.Format(text) }
}

// digitsOf writes the year.
func digitsOf(format string) func(time.Time) string {
	return func(at time.Time) string { return fmt.Sprintf(format, at.Year()) }
}

func number(of func(time.Time) int) func(time.Time) string {
	return func(at time.Time) string { return strconv.Itoa(of(at)) }
}

func padded(of func(time.Time) int) func(time.Time) string {
	return func(at time.Time) string { return fmt.Sprintf("%02d", of(at)) }
}

// ordinal writes 1st, 2nd, 3rd, 4th and so on.
func ordinal(of func(time.Time) int) func(time.Time) string {
	return func(at time.Time) string {
		n := of(at)
		ending := "th"
		if n/10%10 != 1 {
			ending = map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10]
		}
		if ending == "" {
			ending = "th"
		}
		return strconv.Itoa(n) + ending
	}
}

func quarter(at time.Time) int    { return (int(at.Month()) + 2) / 3 }
func weekday(at time.Time) int    { return int(at.Weekday()) }
func isoWeekday(at time.Time) int { return (int(at.Weekday())+6)%7 + 1 }
func usWeek(at time.Time) int     { return weekOfYear(at, time.Sunday) }
func hour24(at time.Time) int     { return (at.Hour()+23)%24 + 1 }

func isoWeek(at time.Time) int {
	_, week := at.ISOWeek()
	return week
}

func isoYear(at time.Time) int {
	year, _ := at.ISOWeek()
	return year
}

func weekYear(at time.Time) int { return at.AddDate(0, 0, 6-weekday(at)).Year() }

// formatMoment writes a time as moment.js would, in English.
func formatMoment(at time.Time, format string) string {
	var out strings.Builder
	for _, token := range tokensOf(format) {
		if out.Len() > maxText {
			break
		}
		write, known := writers[token]
		switch {
		case known:
			out.WriteString(write(at))
		case strings.Trim(token, "S") == "":
			out.WriteString(fmt.Sprintf("%09d", at.Nanosecond())[:len(token)])
		default:
			out.WriteString(literal(token))
		}
	}
	return out.String()
}

// formatted writes a date by a format; a blank stays one.
func formatted(v Value, format string) Value {
	at, ok := moment(v)
	if !ok {
		return ifBlank(v)
	}
	return Text(formatMoment(at, format))
}

// datetimeFormat writes ISO 8601 without a format.
func datetimeFormat(args []Value) Value {
	format := "YYYY-MM-DDTHH:mm:ssZ"
	if len(args) == 2 {
		format = args[1].String()
	}
	return formatted(args[0], format)
}
