package idempotency

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

func TestAnswersAreFoundByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		m, err := Open(t.Context(), d, clock.System())
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Fill(t, d, 1000, `INSERT INTO idempotent_answers (workspace, principal, scope, key, body_hash, answer, created_at)
			SELECT 1, 'pr_' || (n % 7), 'execute', 'k' || n, 'h', '{}', n FROM counter`)
		dbtest.Walks(t, d, "recall_answer", m.sql.recall, int64(1), "pr_1", "execute", "k")
		dbtest.Walks(t, d, "forget_answers", m.sql.forget, int64(5))
	})
}
