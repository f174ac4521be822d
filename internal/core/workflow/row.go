package workflow

import "time"

// RowOutcome is what an execution did about one row of another system. It holds
// names and ids, no cells.
type RowOutcome struct {
	Number  int64  `json:"number" doc:"Place in the list, from 1"`
	Table   string `json:"table" doc:"As people know it" example:"Contacts"`
	Record  string `json:"record" doc:"Id of the row in the other system" example:"rec0000000000001A"`
	Field   string `json:"field,omitempty" doc:"Absent: the whole row"`
	What    string `json:"what" doc:"What happened: created, updated, unchanged, deleted, skipped (left as it is), held (left for a person to decide), reduced (not written completely), failed, or a word of the kind's own" example:"reduced"`
	Code    string `json:"code,omitempty" doc:"Stable name of the reason" example:"open_links"`
	Message string `json:"message,omitempty" doc:"The reason, for people"`
}

// RowCount is how many rows something happened to.
type RowCount struct {
	Table string `json:"table"`
	What  string `json:"what" example:"reduced"`
	Code  string `json:"code,omitempty" example:"open_links"`
	Rows  int64  `json:"rows"`
}

// RowCounts counts the row outcomes of an execution, also those that no list has.
type RowCounts struct {
	Items     []RowCount `json:"items" doc:"By table, what happened, and code"`
	Rows      int64      `json:"rows" doc:"All of them"`
	Listed    int64      `json:"listed" doc:"How many of them are listed one by one: the first 10,000, until they expire"`
	ExpiredAt *time.Time `json:"expired_at,omitempty" doc:"When the list was given up; the counts stay"`
}
