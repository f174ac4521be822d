package plan

// Bounds of what a run deletes from one table without being told to. A source
// that has suddenly lost much of its content is more often a mistake than a
// wish.
const (
	maxDeletes       = 100
	maxDeletePercent = 10
)

// HoldDeletes decides whether a run holds back the deletes of one table: more
// than 100 rows, or more than a tenth of them, need allow_deletes.
func HoldDeletes(missing, rows int64, allowed bool) bool {
	if allowed {
		return false
	}
	return missing > maxDeletes || missing*100 > rows*maxDeletePercent
}
