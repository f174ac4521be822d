package formula

import (
	"errors"
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

// spoken are the spellings that a browser takes besides.
var spoken = []string{
	"January 2, 2006", "January 2 2006", "Jan 2, 2006", "Jan 2 2006", "2 January 2006", "2 Jan 2006", "January 2, 2006 3:04 PM", "Jan 2, 2006 3:04 PM",
	"January 2, 2006 15:04", time.RFC1123, time.RFC1123Z, time.RFC850, "1/2/2006 3:04 PM", "1/2/2006 15:04:05", "1-2-2006",
}

// parseAny reads a date without being told a format: ISO 8601 first, then what a browser would understand.
func parseAny(text string) (time.Time, error) {
	at, err := ParseISO(text, time.UTC)
	for _, layout := range spoken {
		if err == nil {
			break
		}
		at, err = time.Parse(layout, strings.TrimSpace(text))
	}
	return at.UTC(), err
}
