package db

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

func TestVerdictOnPostgresErrors(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newParts(Postgres)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openPostgresSession(t.Context(), config, takeSettings(p.sql, config), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		want verdict
	}{
		{errors.New("the writer's own"), failed},
		{&pgconn.PgError{Code: "23505", Severity: "ERROR"}, failed},
		{&pgconn.PgError{Code: "25006", Severity: "ERROR"}, failed},
		{&pgconn.PgError{Code: "53100", Severity: "ERROR"}, full},
		{&pgconn.PgError{Code: "58030", Severity: "ERROR"}, lost},
		{&pgconn.PgError{Code: "57P01", Severity: "FATAL"}, lost},
	} {
		if got := s.judge(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
			t.Errorf("%v: verdict %d, want %d", c.err, got, c.want)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if got := s.judge(errors.New("anything on a connection that was cut")); got != lost {
		t.Errorf("verdict %d on a closed connection", got)
	}
}

func TestMessagesHideThePassword(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"postgres://u:secret@h:5432/d?sslmode=require&password=secret&search_path=s": "postgres://u:xxxxx@h:5432/d?search_path=s",
		"postgres://u@/d?host=/run/pg": "postgres://u@/d?host=%2Frun%2Fpg",
		"postgres://u:se%ret@h/d":      "postgres://…",
	} {
		if got := redact(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
