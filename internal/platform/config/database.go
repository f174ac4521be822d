package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Database says where events, read models and secrets are kept.
type Database struct {
	URL string `key:"url" secret:"password" doc:"sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME. A pooler such as PgBouncer must be in session mode. Empty: paw.db in data_dir."`
}

func (d Database) check() []string {
	scheme, rest, _ := strings.Cut(d.URL, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return []string{`database.url names no file; write for example "sqlite:paw-data/paw.db"`}
		}
		return nil
	case "postgres", "postgresql":
		// The parser's own error quotes the whole URL, password included.
		if u, err := url.Parse(d.URL); err != nil || u.Host == "" && u.Query().Get("host") == "" {
			return []string{`database.url is not a valid PostgreSQL URL; write "postgres://USER:PASSWORD@HOST/NAME" and escape special characters of the password as %XX`}
		}
		return nil
	}
	return []string{fmt.Sprintf("database.url begins with %q; use \"sqlite:PATH\" or \"postgres://USER:PASSWORD@HOST/NAME\"", clip(scheme, 16))}
}

// clip keeps a fault short, and keeps a misplaced password out of it.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
