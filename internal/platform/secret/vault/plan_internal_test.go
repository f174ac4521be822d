package vault

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

func TestSecretsAreFoundByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		sql, err := openTables(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Walks(t, d, "newest_data_key", sql.newestDataKey, int64(1))
		dbtest.Walks(t, d, "read_data_key", sql.readDataKey, int64(1), "k")
		dbtest.Walks(t, d, "read_secret", sql.readSecret, int64(1), "sec_1")
		dbtest.Walks(t, d, "replace_secret", sql.replaceSecret, int64(1), "sec_1", "k", "x", int64(0))
	})
}
