package relational

import (
	"encoding/json"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

func TestReadsWalkIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		sql, err := openTables(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Walks(t, d, "head", sql.head)
		dbtest.Walks(t, d, "position", sql.position)
		dbtest.Walks(t, d, "read_stream", sql.readStream, 1, "execution", "ex_1", 0, 100)
		dbtest.Walks(t, d, "find_labels", sql.findLabels, "{}")
		dbtest.Walks(t, d, "read_labels", sql.readLabels, json.RawMessage(`[1,2]`))
		// These pass over private events, and over those of other categories.
		dbtest.WalksAndFilters(t, d, "read_all", sql.readAll, 0, publicTypes, 100)
		dbtest.WalksAndFilters(t, d, "read_one_stream", sql.readOneStream, 1, "execution", "ex_1", 0, publicTypes, 100)
		dbtest.WalksAndFilters(t, d, "read_categories", sql.readCategories, 0, publicTypes, 100, false, 1, "execution")
	})
}
