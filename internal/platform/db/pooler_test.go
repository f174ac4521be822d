package db_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// Through a pooler in session mode the store is where it always is, and readers
// cannot write.
func TestPoolerInSessionMode(t *testing.T) {
	t.Parallel()
	for name, pooler := range map[string]pgtest.Pooler{"that refuses startup parameters": {}, "that drops them": {Ignore: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := pgtest.Database(t)
			url := pooler.Start(t, target) + "&statement_timeout=54321"
			d := things(t, url)
			if err := d.Write(t.Context(), insert(1, "x")); err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]string{
				"SELECT current_schema()::text":                                                           db.Schema,
				"SELECT current_setting('statement_timeout')":                                             "54321ms",
				"SELECT current_setting('default_transaction_read_only')":                                 "on",
				"SELECT count(*)::text FROM things":                                                       "1",
				"SELECT string_agg(DISTINCT schemaname, ' ') FROM pg_tables WHERE tablename = 'things'":   db.Schema,
				"SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'":                        "0",
				"SELECT string_agg(DISTINCT schemaname, ' ') FROM pg_tables WHERE tablename = 'db_owner'": db.Schema,
			} {
				var got string
				if err := d.Read().QueryRow(t.Context(), query).Scan(&got); err != nil || got != want {
					t.Errorf("%s: %q, %v; want %q", query, got, err, want)
				}
			}
			if _, err := d.Read().Exec(t.Context(), "DELETE FROM things"); err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("a reader wrote: %v", err)
			}
			if _, err := db.Open(t.Context(), db.Options{URL: target}); !errors.Is(err, db.ErrInUse) {
				t.Errorf("the lock does not hold beside the pooler: %v", err)
			}
		})
	}
}

func TestPoolerAndASchemaOfTheURL(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, pgtest.Pooler{Ignore: true}.Start(t, pgtest.URL(t)))
	var schema string
	if err := d.Read().QueryRow(t.Context(), "SELECT current_schema()::text").Scan(&schema); err != nil || !strings.HasPrefix(schema, "t_") {
		t.Errorf("readers are in %q, %v", schema, err)
	}
}

// A session that is lent for one transaction takes the lock of the store to
// another client.
func TestPoolerInTransactionModeIsRefused(t *testing.T) {
	t.Parallel()
	for _, inTurn := range []bool{false, true} {
		for sessions := range 6 {
			t.Run(fmt.Sprintf("in turn %v, %d sessions", inTurn, sessions), func(t *testing.T) {
				t.Parallel()
				target := pgtest.Database(t)
				url := pgtest.Pooler{Ignore: true, Transactions: true, InTurn: inTurn, Sessions: sessions}.Start(t, target)
				_, err := db.Open(t.Context(), db.Options{URL: url})
				var refused *db.ConnectionError
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), "use session mode") || strings.Contains(err.Error(), "\n") {
					t.Fatalf("got %v", err)
				}
				dbtest.Open(t, target) // nothing is left in the way
			})
		}
	}
}

// A user who may not use the schema is in none, whatever the search path says.
func TestAConnectionInAnotherSchemaIsRefused(t *testing.T) {
	t.Parallel()
	target := pgtest.Database(t)
	role := "role_" + target[strings.LastIndex(target, "t_"):][:18]
	behindItsBack(t, target, "CREATE ROLE "+role+" LOGIN", "CREATE SCHEMA "+db.Schema)
	t.Cleanup(func() { behindItsBack(t, target, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	_, err := db.Open(t.Context(), db.Options{URL: strings.Replace(target, "postgres://postgres@", "postgres://"+role+"@", 1)})
	if err == nil || !strings.Contains(err.Error(), "USAGE") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
