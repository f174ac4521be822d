package db

import (
	"database/sql"
	"errors"
	"time"
)

// parts is what a dialect opens.
type parts struct {
	dialect    Dialect
	sql        *ownSQL
	store      string // for messages: no password
	remedy     string // how to make room for a store of this build
	schema     string // PostgreSQL's
	session    session
	idlePing   time.Duration
	workspaces *workspaces
	read       Querier
	closeRead  func() error
	migrator   *sql.DB // for goose; its one connection goes when it is idle
	unlock     func() error
}

func newParts(d Dialect) (*parts, error) {
	own, err := newOwnSQL(d)
	return &parts{dialect: d, sql: own, workspaces: newWorkspaces(own)}, err
}

// close closes in the order that keeps the lock until nothing is open any more.
func (p *parts) close() error {
	var errs []error
	if p.migrator != nil {
		errs = append(errs, p.migrator.Close())
	}
	if p.closeRead != nil {
		errs = append(errs, p.closeRead())
	}
	if p.session != nil {
		errs = append(errs, p.session.close())
	}
	if p.unlock != nil {
		errs = append(errs, p.unlock())
	}
	return errors.Join(errs...)
}

// setMigrator takes over the pool for migrations, which come in a burst at start.
func (p *parts) setMigrator(pool *sql.DB) {
	pool.SetMaxOpenConns(1)
	pool.SetConnMaxIdleTime(5 * time.Second)
	p.migrator = pool
}
