package airtablesync

// Summary is the result of a run: what was done to each table, at what price.
type Summary struct {
	Tables   []TableSummary `json:"tables"`
	Calls    Calls          `json:"calls"`
	Warnings []Warning      `json:"warnings,omitempty"`
}

// TableSummary counts rows of one pair of tables.
type TableSummary struct {
	SourceBase  string `json:"source_base"`
	SourceTable string `json:"source_table"`
	TargetBase  string `json:"target_base"`
	TargetTable string `json:"target_table"`
	Mode        Mode   `json:"mode"` // full or incremental
	Read        int64  `json:"read"`
	Created     int64  `json:"created"`
	Updated     int64  `json:"updated"`
	Unchanged   int64  `json:"unchanged"`
	Deleted     int64  `json:"deleted"`
	// Held counts rows whose delete waits for allow_deletes.
	Held int64 `json:"held"`
	// SkippedLinks counts links that lead to tables outside the sync.
	SkippedLinks int64 `json:"skipped_links"`
	// OpenLinks counts links to rows that are not in the target: they appeared
	// during the run, or somebody deleted them there.
	OpenLinks int64 `json:"open_links"`
}

// Calls counts the calls to Airtable that had an answer.
type Calls struct {
	Schema int64 `json:"schema"` // reading and changing schemas
	Read   int64 `json:"read"`   // pages of source and target
	Write  int64 `json:"write"`
	Delete int64 `json:"delete"`
	Total  int64 `json:"total"`
}
