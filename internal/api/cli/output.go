package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

const (
	outputTable = "table"
	outputJSON  = "json"
)

// print writes v as JSON, or calls table with a writer that lines columns up.
func (k *call) print(v any, table func(w io.Writer)) error {
	if k.json {
		return printJSON(k.state.Stdout, v)
	}
	w := tabwriter.NewWriter(k.state.Stdout, 0, 4, 2, ' ', 0)
	table(w)
	return w.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// row writes cells with tabs between; control characters of foreign text, and
// marks that turn the direction of reading, do not reach the terminal.
func row(w io.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = plain(fmt.Sprint(c))
	}
	fmt.Fprintln(w, strings.Join(texts, "\t"))
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// more tells how to get the next page.
func more(w io.Writer, next string) {
	if next != "" {
		fmt.Fprintf(w, "more: --cursor %s\n", next)
	}
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func whenever(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return when(*t)
}

// seconds shows a duration as people read it.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}
