package airtablesync

// Bounds of what a run deletes from one table without being told so. A source
// that suddenly lost much of its content is more often a mistake than a wish.
const (
	maxDeletes       = 100
	maxDeletePercent = 10
)

// holdDeletes decides whether a run holds back the deletes of one table: more
// than 100 of its rows, or more than a tenth of them, need allow_deletes.
func holdDeletes(missing, rows int64, allowed bool) bool {
	if allowed {
		return false
	}
	return missing > maxDeletes || missing*100 > rows*maxDeletePercent
}
