package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"
)

// sqliteReader is the read pool; its statements are prepared once.
type sqliteReader struct {
	pool  *sql.DB
	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

func newSQLiteReader(pool *sql.DB) *sqliteReader {
	return &sqliteReader{pool: pool, stmts: map[string]*sql.Stmt{}}
}

// prepare returns the kept statement, or nil when enough are kept already.
func (r *sqliteReader) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if st, ok := r.stmts[query]; ok {
		return st, nil
	}
	if len(r.stmts) >= maxStatements {
		return nil, nil
	}
	st, err := r.pool.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	r.stmts[query] = st
	return st, nil
}

// Exec fails: the pool is for reading, and SQLite refuses anything else.
func (r *sqliteReader) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := r.pool.ExecContext(ctx, query, sqliteArgs(args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (r *sqliteReader) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	st, err := r.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	var rows *sql.Rows
	if st != nil {
		rows, err = st.QueryContext(ctx, sqliteArgs(args)...)
	} else {
		rows, err = r.pool.QueryContext(ctx, query, sqliteArgs(args)...)
	}
	if err != nil {
		return nil, err
	}
	return sqliteRows{rows}, nil
}

func (r *sqliteReader) QueryRow(ctx context.Context, query string, args ...any) Row {
	rows, err := r.Query(ctx, query, args...)
	return singleRow{rows, err}
}

// sqliteArgs turns JSON into text: as bytes it would become a BLOB, which
// SQLite's JSON functions take for something else.
func sqliteArgs(args []any) []any {
	for i, a := range storable(args) {
		if raw, ok := a.(json.RawMessage); ok {
			args[i] = nil
			if raw != nil {
				args[i] = string(raw)
			}
		}
	}
	return args
}

// sqliteRows adds JSON to what database/sql can scan.
type sqliteRows struct{ *sql.Rows }

func (r sqliteRows) Scan(dest ...any) error {
	for i, d := range dest {
		if raw, ok := d.(*json.RawMessage); ok {
			dest[i] = (*jsonColumn)(raw)
		}
	}
	return r.Rows.Scan(dest...)
}

type jsonColumn json.RawMessage

// Scan implements sql.Scanner.
func (c *jsonColumn) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*c = nil
	case string:
		*c = jsonColumn(v)
	case []byte:
		*c = append(jsonColumn{}, v...)
	default:
		return fmt.Errorf("a column of type %T holds no JSON", src)
	}
	return nil
}
