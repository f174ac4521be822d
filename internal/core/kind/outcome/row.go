package outcome

import "github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"

// What is what happened to a row.
type What string

// What can happen to a row. A kind may have words of its own.
const (
	Created   What = "created"
	Updated   What = "updated"
	Unchanged What = "unchanged"
	Deleted   What = "deleted"
	Skipped   What = "skipped" // left as it is, on purpose
	Held      What = "held"    // left for a person to decide
	Reduced   What = "reduced" // written, but not all of it
	Failed    What = "failed"
)

// Row is what happened to one row.
type Row struct {
	Table  string `json:"table"`           // as people know it
	Record string `json:"record"`          // id in the other system
	Field  string `json:"field,omitempty"` // as people know it; empty: the whole row
	What   What   `json:"what"`
	// Code is the stable name of the reason.
	Code string `json:"code,omitempty"`
	// Message says the reason to people. It holds no cells.
	Message string `json:"message,omitempty"`
}

// Count is how many rows something happened to.
type Count struct {
	Table string `json:"table"`
	What  What   `json:"what"`
	Code  string `json:"code,omitempty"`
	Rows  int64  `json:"rows"`
}

// Batch is what one step tells at once.
type Batch struct {
	Rows []Row `json:"rows,omitempty"`
	// More counts rows that are not among Rows.
	More []Count `json:"more,omitempty"`
}

// counts adds up the rows of the batch.
func (b Batch) counts() []Count {
	sums := map[Count]int64{}
	for _, r := range b.Rows {
		sums[Count{Table: r.Table, What: r.What, Code: r.Code}]++
	}
	for _, c := range b.More {
		sums[Count{Table: c.Table, What: c.What, Code: c.Code}] += c.Rows
	}
	counts := make([]Count, 0, len(sums))
	for c, n := range sums {
		c.Rows = n
		counts = append(counts, c)
	}
	return counts
}

// Bounds of one row, in bytes.
const (
	maxName    = 200
	maxMessage = 500
)

// Cut returns the row with its texts clean and cut to their bounds.
func (r Row) Cut() Row {
	return Row{Table: plaintext.Cut(r.Table, maxName), Record: plaintext.Cut(r.Record, maxName), Field: plaintext.Cut(r.Field, maxName),
		What: What(plaintext.Cut(string(r.What), maxName)), Code: plaintext.Cut(r.Code, maxName), Message: plaintext.Cut(r.Message, maxMessage)}
}

// Cut returns the count with its texts clean and cut to their bounds.
func (c Count) Cut() Count {
	return Count{Table: plaintext.Cut(c.Table, maxName), What: What(plaintext.Cut(string(c.What), maxName)), Code: plaintext.Cut(c.Code, maxName), Rows: c.Rows}
}
