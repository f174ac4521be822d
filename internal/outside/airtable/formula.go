package airtable

import (
	"strings"
	"time"
)

var textEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// QuoteText returns s as a formula's string literal.
func QuoteText(s string) string { return `"` + textEscapes.Replace(s) + `"` }

var nameEscapes = strings.NewReplacer(`\`, `\\`, `}`, `\}`)

// FieldRef returns a formula's reference to a field by name. Names, not ids:
// Airtable has refused ids in formulas.
func FieldRef(name string) string { return "{" + nameEscapes.Replace(name) + "}" }

// AnyRecord returns the formula that keeps exactly the records with these
// ids: with up to 100 of them, one page looks them all up. No ids keep none.
func AnyRecord(ids []RecordID) string {
	if len(ids) == 0 {
		return "0" // a formula of the value 0 keeps nothing
	}
	tests := make([]string, len(ids))
	for i, id := range ids {
		tests[i] = "RECORD_ID()=" + QuoteText(string(id))
	}
	return anyOf(tests)
}

// ChangedAfter returns the formula that keeps what was created or changed
// after t. It needs no such field in the table. Deletes are invisible to it,
// and so are changes of computed fields.
func ChangedAfter(t time.Time) string {
	at := "DATETIME_PARSE(" + QuoteText(t.UTC().Format(timeForm)) + ")"
	return anyOf([]string{
		"IS_AFTER(LAST_MODIFIED_TIME(), " + at + ")",
		"IS_AFTER(CREATED_TIME(), " + at + ")", // a record never changed has no last change
	})
}

func anyOf(tests []string) string {
	if len(tests) == 1 {
		return tests[0]
	}
	return "OR(" + strings.Join(tests, ", ") + ")"
}
