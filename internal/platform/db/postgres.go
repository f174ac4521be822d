package db

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

var (
	//go:embed sql/postgres_settings.sql
	settingsSQL string
	//go:embed sql/postgres_lock.sql
	lockSQL string
)

const (
	// lockPatience is how long Open waits for the server to notice that a
	// process which died a moment ago is gone.
	lockPatience = 1500 * time.Millisecond
	// pingEvery is how often an idle writer makes sure that it is still owner.
	pingEvery = 2 * time.Second
)

// openPostgres takes the session lock on the writer's connection and opens the
// read pool.
func openPostgres(ctx context.Context, target string, readers int) (_ *parts, err error) {
	store := redact(target)
	config, err := pgxpool.ParseConfig(target)
	if err != nil {
		return nil, fmt.Errorf("database.url is no PostgreSQL URL: %w", err)
	}
	prepareConfig(config.ConnConfig)
	p := &parts{dialect: Postgres, store: store, idleping: pingEvery}
	defer func() {
		if err != nil && !errors.Is(err, ErrInUse) {
			err = fmt.Errorf("open the PostgreSQL store %s: %w", store, err)
		}
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	session, err := openPostgresSession(ctx, config.ConnConfig)
	if err != nil {
		return nil, err
	}
	p.session = session
	if err := session.lock(ctx, store); err != nil {
		return nil, err
	}
	p.setMigrator(stdlib.OpenDB(*config.ConnConfig.Copy()))
	if readers == 0 {
		readers = 8
	}
	reading := config.Copy()
	reading.MaxConns = int32(readers)
	reading.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	pool, err := pgxpool.NewWithConfig(ctx, reading)
	if err != nil {
		return nil, err
	}
	p.read, p.closeRead = postgresReader{pool}, func() error { pool.Close(); return nil }
	return p, pool.Ping(ctx)
}

// prepareConfig makes a dead network noticeable within half a minute.
func prepareConfig(c *pgx.ConnConfig) {
	dialer := &net.Dialer{Timeout: 5 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	c.DialFunc = dialer.DialContext
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "pyairtable-workflows"
	}
}

// redact returns a URL for messages: without password and options.
func redact(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "postgres://…"
	}
	q := url.Values{}
	for _, name := range []string{"host", "port", "search_path"} {
		if v := u.Query().Get(name); v != "" {
			q.Set(name, v)
		}
	}
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.Redacted()
}
