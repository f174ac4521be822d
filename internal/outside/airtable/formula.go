package airtable

import "time"

// QuoteText returns s as a formula's string literal.
func QuoteText(s string) string { panic("soon") }

// FieldRef returns a formula's reference to a field by name.
func FieldRef(name string) string { panic("soon") }

// AnyRecord returns the formula that keeps exactly the records with these ids.
func AnyRecord(ids []RecordID) string { panic("soon") }

// ChangedAfter returns the formula that keeps what was created or changed
// after t.
func ChangedAfter(t time.Time) string { panic("soon") }
