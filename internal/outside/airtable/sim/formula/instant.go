package formula

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// errNotADate says that a text is not a date.
var errNotADate = errors.New("not a date")

// isoLayouts are the spellings of a date that Airtable takes without being told a format.
var isoLayouts = []string{
	"2006-01-02", time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04", "2006/01/02",
	"1/2/2006", "1/2/2006 15:04", "1/2/2006 3:04pm",
}

// ParseISO reads a date or a time in ISO 8601 or in the American form. A text without a zone is read in the
// given one. The result is in UTC.
func ParseISO(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range isoLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errNotADate
}

// FormatInstant writes milliseconds since 1970 as Airtable writes every time.
func FormatInstant(millis int64) string {
	return time.UnixMilli(millis).UTC().Format("2006-01-02T15:04:05.000Z")
}

// formatTokens are Airtable's format words and Go's spelling of each. Where one is the beginning of another,
// the longer one comes first.
var formatTokens = []struct{ word, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
	{"DD", "02"}, {"D", "2"}, {"dddd", "Monday"}, {"ddd", "Mon"}, {"HH", "15"}, {"H", "15"}, {"hh", "03"}, {"h", "3"},
	{"mm", "04"}, {"m", "4"}, {"SSS", "000"}, {"ss", "05"}, {"s", "5"}, {"A", "PM"}, {"a", "pm"},
	{"ZZ", "-0700"}, {"Z", "-07:00"},
}

// parseFormat reads a text by Airtable's format words. X and x are seconds and milliseconds since 1970.
func parseFormat(text, format string) (time.Time, error) {
	switch format {
	case "X", "x":
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || n < -1e15 || n > 1e15 {
			return time.Time{}, errNotADate
		}
		if format == "X" {
			n *= 1000
		}
		return time.UnixMilli(int64(n)).UTC(), nil
	}
	return time.Parse(goLayout(format), strings.TrimSpace(text))
}

// goLayout translates a format word by word. Anything else, and what is in brackets, stands for itself.
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
