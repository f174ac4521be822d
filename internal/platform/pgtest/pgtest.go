// Package pgtest gives tests a PostgreSQL server: the one that PAW_TEST_POSTGRES
// names, which scripts/postgres.sh has started for the whole run, or else a
// private one that the test process starts in a temporary directory and that goes
// away with the process, however it ends. It is for tests only.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// server starts this process's instance when the first test asks for it.
var server = sync.OnceValues(func() (*instance, error) {
	if shared := os.Getenv("PAW_TEST_POSTGRES"); shared != "" {
		return &instance{url: shared}, nil
	}
	return start()
})

// instance is a running server.
type instance struct {
	url string
	end io.Closer // the server runs until this is closed or this process ends
}

// URL returns the URL of a fresh, empty schema that is dropped when t ends.
// If there is no PostgreSQL server, t is skipped, or fails if PAW_TEST_REQUIRE=1.
func URL(t testing.TB) string {
	t.Helper()
	base, schema := base(t), name(t)
	run(t, base, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, base, "DROP SCHEMA "+schema+" CASCADE") })
	return with(t, base, func(u *url.URL, q url.Values) { q.Set("search_path", schema) })
}

// Database returns the URL of a fresh, empty database that is dropped when t
// ends, for tests about schemas. It is much slower than URL.
func Database(t testing.TB) string {
	t.Helper()
	base, database := base(t), name(t)
	run(t, base, "CREATE DATABASE "+database)
	t.Cleanup(func() { run(t, base, "DROP DATABASE "+database+" WITH (FORCE)") })
	return with(t, base, func(u *url.URL, _ url.Values) { u.Path = "/" + database })
}

// base returns the URL of the server.
func base(t testing.TB) string {
	t.Helper()
	srv, err := server()
	if err == nil {
		return srv.url
	}
	if os.Getenv("PAW_TEST_REQUIRE") == "1" {
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}

// name returns a name that is not in use on the server.
func name(t testing.TB) string {
	t.Helper()
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return "t_" + hex.EncodeToString(b[:])
}

// with returns a changed URL.
func with(t testing.TB, target string, change func(*url.URL, url.Values)) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	change(u, q)
	u.RawQuery = q.Encode()
	return u.String()
}

// Terminate ends all sessions that use the schema of a URL returned by URL, as a
// failing server or network would.
func Terminate(t testing.TB, target string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server()
	if err != nil {
		t.Fatal(err)
	}
	run(t, srv.url, fmt.Sprintf(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
		AND l.objid = (hashtextextended('pyairtable-workflows %s', 0) & 4294967295)::oid`, u.Query().Get("search_path")))
}

func run(t testing.TB, target, statement string) {
	t.Helper()
	ctx := context.Background() // cleanups run after the test's own context has ended
	conn, err := pgx.Connect(ctx, target)
	if err != nil {
		t.Fatalf("connect to the PostgreSQL server for tests: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
