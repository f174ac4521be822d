package airtable

import (
	"strings"
	"time"
)

var textEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// QuoteText returns s as a formula's string literal.
func QuoteText(s string) string { return `"` + textEscapes.Replace(s) + `"` }

var nameEscapes = strings.NewReplacer(`\`, `\\`, `}`, `\}`)

// FieldRef returns a formula's reference to a field by name. It takes no ids,
// because Airtable has refused them in formulas.
func FieldRef(name string) string { return "{" + nameEscapes.Replace(name) + "}" }

// AnyRecord returns the formula that keeps exactly the records with these ids: one
// page looks up as many as 100. Without ids it keeps none.
func AnyRecord(ids []RecordID) string {
	if len(ids) == 0 {
		return "0" // the value of a formula that keeps nothing
	}
	tests := make([]string, len(ids))
	for i, id := range ids {
		tests[i] = "RECORD_ID()=" + QuoteText(string(id))
	}
	return anyOf(tests)
}

// AnyText returns the formula that keeps the records whose field of this name holds
// one of the texts. Without texts it keeps none.
func AnyText(field string, texts []string) string {
	if len(texts) == 0 {
		return "0"
	}
	tests := make([]string, len(texts))
	for i, text := range texts {
		tests[i] = FieldRef(field) + "=" + QuoteText(text)
	}
	return anyOf(tests)
}

// ChangedAfter returns the formula that keeps what was created or changed after t.
// The table needs no field for it. It cannot see deletes or changes of computed
// fields.
func ChangedAfter(t time.Time) string {
	at := "DATETIME_PARSE(" + QuoteText(t.UTC().Format(timeForm)) + ")"
	return anyOf([]string{
		"IS_AFTER(LAST_MODIFIED_TIME(), " + at + ")",
		"IS_AFTER(CREATED_TIME(), " + at + ")", // a record that was never changed has no last change
	})
}

func anyOf(tests []string) string {
	if len(tests) == 1 {
		return tests[0]
	}
	return "OR(" + strings.Join(tests, ", ") + ")"
}
