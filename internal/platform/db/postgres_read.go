package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresReader is the read pool; pgx prepares each statement once per
// connection.
type postgresReader struct{ pool *pgxpool.Pool }

// Exec fails: the pool's transactions are read-only.
func (r postgresReader) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := r.pool.Exec(ctx, query, storable(args)...)
	return tag.RowsAffected(), err
}

func (r postgresReader) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	rows, err := r.pool.Query(ctx, query, storable(args)...)
	if err != nil {
		return nil, err
	}
	return postgresRows{rows}, nil
}

func (r postgresReader) QueryRow(ctx context.Context, query string, args ...any) Row {
	return r.pool.QueryRow(ctx, query, storable(args)...)
}

// postgresRows returns the error of the query from Close too.
type postgresRows struct{ pgx.Rows }

func (r postgresRows) Close() error {
	r.Rows.Close()
	return r.Rows.Err()
}
