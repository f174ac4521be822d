package db

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Schema is the PostgreSQL schema in which a store lives unless the URL's
// search_path names another one.
const Schema = "pyairtable_workflows"

// pingEvery is how often an idle writer makes sure that it is still owner.
const pingEvery = 2 * time.Second

// openPostgres takes the session lock on the writer's connection and opens the
// read pool.
func openPostgres(ctx context.Context, target string, readers int) (_ *parts, err error) {
	p, err := newParts(Postgres)
	if err != nil {
		return nil, err
	}
	p.store, p.idlePing = redact(target), pingEvery
	config, err := pgxpool.ParseConfig(target)
	if err != nil {
		return nil, fmt.Errorf("database.url is not a PostgreSQL URL: %w", err)
	}
	prepareConfig(config.ConnConfig)
	s := takeSettings(p.sql, config.ConnConfig)
	defer func() {
		if err != nil && !errors.Is(err, ErrInUse) && !errors.Is(err, ErrFormat) {
			err = &ConnectionError{Store: p.store, Cause: err}
		}
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err := p.openSchema(ctx, config.ConnConfig, &s); err != nil {
		return p, err
	}
	p.setMigrator(stdlib.OpenDB(*config.ConnConfig.Copy(), stdlib.OptionAfterConnect(s.apply)))
	return p, p.openReaders(ctx, config, s, readers)
}

// openReaders opens the read pool.
func (p *parts) openReaders(ctx context.Context, config *pgxpool.Config, s setup, readers int) error {
	if readers == 0 {
		readers = 8
	}
	config = config.Copy()
	config.MaxConns = int32(readers)
	config.AfterConnect = s.with("default_transaction_read_only", "on").apply
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	p.read, p.closeRead = postgresReader{pool}, func() error { pool.Close(); return nil }
	return pool.Ping(ctx)
}

// openSchema connects the writer, finds the schema of the store, locks it and
// makes it when it is ours and missing. Connections that s sets up afterwards
// must work in it.
func (p *parts) openSchema(ctx context.Context, config *pgx.ConnConfig, s *setup) error {
	given := s.settings["search_path"] != ""
	if !given {
		*s = s.with("search_path", Schema)
	}
	session, err := openPostgresSession(ctx, config, *s, p)
	if err != nil {
		return err
	}
	p.session, p.schema = session, Schema
	if given {
		var first *string
		if err := session.conn.QueryRow(ctx, p.sql.currentSchema).Scan(&first); err != nil {
			return fmt.Errorf("read the search path: %w", err)
		}
		if first == nil {
			return errors.New("its search_path names no schema that exists; create the schema or correct search_path in database.url")
		}
		p.schema = *first
	}
	s.schema = p.schema
	p.inSchema(p.schema)
	if err := session.lock(ctx, p.store, p.schema); err != nil || given {
		return err
	}
	return p.createSchema(ctx, session)
}

// inSchema says in messages which schema they are about.
func (p *parts) inSchema(schema string) {
	p.store, _, _ = strings.Cut(p.store, " (schema ")
	p.store += " (schema " + schema + ")"
	p.remedy = fmt.Sprintf("rename or drop the schema (ALTER SCHEMA %s RENAME TO old_%[1]s), then start again", schema)
}

// createSchema makes the schema of our own, unless the database still has a
// store from when there was none and everything was in public.
func (p *parts) createSchema(ctx context.Context, session *postgresSession) error {
	var exists bool
	if err := session.conn.QueryRow(ctx, p.sql.schemaExists, Schema).Scan(&exists); err != nil || exists {
		return err
	}
	old, err := listColumns(ctx, p, "public")
	if err != nil {
		return fmt.Errorf("look for an older store: %w", err)
	}
	if owner := old["db_owner"]; len(owner) > 0 && !slices.Contains(owner, "format") {
		p.inSchema("public")
		return checkFormat(ctx, p, "public")
	}
	if _, err := session.conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+Schema); err != nil {
		return fmt.Errorf("create the schema %s: %w; let an administrator run CREATE SCHEMA %[1]s AUTHORIZATION for this user", Schema, err)
	}
	return nil
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
