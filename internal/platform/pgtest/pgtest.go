// Package pgtest gives tests a PostgreSQL of their own. It is for tests alone.
package pgtest

import "testing"

// URL returns the URL of a fresh, empty database that is dropped when t ends.
// Without a PostgreSQL server t is skipped, or fails if PAW_TEST_REQUIRE=1.
func URL(t testing.TB) string { panic("pgtest: skeleton") }
