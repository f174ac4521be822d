// Package scratch creates databases for one measurement and removes them
// afterwards: a SQLite file in a folder, or a database on a PostgreSQL server on
// this machine.
package scratch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Store is an empty database.
type Store struct {
	URL    string // for db.Open
	Dir    string // a folder of its own, for what is kept beside the database
	remove func() error
}

// Remove deletes the database and its folder.
func (s *Store) Remove() error { return s.remove() }

// SQLite creates a folder under dir for a file that does not exist yet.
func SQLite(dir string) (*Store, error) {
	own, err := os.MkdirTemp(dir, "sqlite-*")
	if err != nil {
		return nil, err
	}
	return &Store{URL: "sqlite:" + filepath.Join(own, "bench.db"), Dir: own, remove: func() error { return os.RemoveAll(own) }}, nil
}

// Server is a PostgreSQL server. It belongs to one goroutine.
type Server struct {
	url  string
	conn *pgx.Conn
}

// Connect opens a session as a user who may create databases. The caller closes it.
func Connect(ctx context.Context, url string) (*Server, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Server{url: url, conn: conn}, nil
}

// Close ends the session.
func (s *Server) Close(ctx context.Context) error { return s.conn.Close(ctx) }

// Database creates a database, and a folder under dir. When it returns, whatever
// the server still had to write for others is on disk.
func (s *Server) Database(ctx context.Context, dir string) (*Store, error) {
	name := fmt.Sprintf("bench_%d", time.Now().UnixNano())
	if _, err := s.conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return nil, err
	}
	if _, err := s.conn.Exec(ctx, "CHECKPOINT"); err != nil {
		return nil, err
	}
	own, err := os.MkdirTemp(dir, "postgres-*")
	if err != nil {
		return nil, err
	}
	return &Store{URL: withDatabase(s.url, name), Dir: own, remove: func() error {
		_, err := s.conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
		return errors.Join(err, os.RemoveAll(own))
	}}, nil
}

// withDatabase returns url with another database in it.
func withDatabase(url, name string) string {
	head, query, found := strings.Cut(url, "?")
	out := head[:strings.LastIndex(head, "/")+1] + name
	if found {
		out += "?" + query
	}
	return out
}
