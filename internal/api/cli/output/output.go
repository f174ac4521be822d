// Package output formats what commands write: rows of tables, times, JSON. No
// foreign text that goes through it can steer a terminal.
package output

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// JSON writes v indented, without escaping markup.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Table calls rows with a writer that lines up the columns of Row.
func Table(w io.Writer, rows func(w io.Writer)) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	rows(t)
	return t.Flush()
}

// Row writes the cells of one row of a Table, each as Plain text.
func Row(w io.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = Plain(fmt.Sprint(c))
	}
	fmt.Fprintln(w, strings.Join(texts, "\t"))
}

// Plain replaces control characters, and marks that turn the direction of
// reading, by spaces.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// More says how to get the next page, if there is one.
func More(w io.Writer, next string) {
	if next != "" {
		fmt.Fprintf(w, "more: --cursor %s\n", next)
	}
}

// Time formats a time in UTC, to the second.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// TimeOrDash is Time, or "-" for none.
func TimeOrDash(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return Time(*t)
}

// Seconds formats a number of seconds as a duration, to the millisecond.
func Seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}

// Amount formats how much is done: of a total, or alone where that is zero. The
// message before it may be empty.
func Amount(message string, done, total int64) string {
	text := fmt.Sprint(done)
	if total != 0 {
		text = fmt.Sprintf("%d/%d (%d %%)", done, total, done*100/total)
	}
	if message == "" {
		return text
	}
	return message + " " + text
}
