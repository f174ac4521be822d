package linkmap

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations
var migrations embed.FS

//go:embed sql/*.sql
var statements embed.FS

// LinkMap remembers which target row belongs to which source row. Its writes
// are attached to steps and commit with their results; it reads what is
// committed. It is working state, not derived from events, and is never rebuilt.
type LinkMap struct {
	db  *db.DB
	sql map[string]string
}

// Scope is the part of the link map that belongs to one table pair of one
// workflow.
type Scope struct{ Workspace, Workflow, Pair string }

// Mark is where the next incremental read of a pair begins.
type Mark struct {
	At          time.Time `json:"at"`
	Fingerprint string    `json:"fingerprint"`
}

// Open brings the tables of the link map up to date. The database stays the
// caller's to close.
func Open(ctx context.Context, d *db.DB) (*LinkMap, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx, "airtablesync", files); err != nil {
		return nil, fmt.Errorf("link map of airtable_sync: %w", err)
	}
	m := &LinkMap{db: d, sql: map[string]string{}}
	entries, err := statements.ReadDir("sql")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := statements.ReadFile("sql/" + e.Name())
		if err != nil {
			return nil, err
		}
		m.sql[strings.TrimSuffix(e.Name(), ".sql")] = string(text)
	}
	return m, nil
}

func (s Scope) args(more ...any) []any {
	return append([]any{s.Workspace, s.Workflow, s.Pair}, more...)
}

// Known returns what is known about source rows; unknown ones are absent.
func (m *LinkMap) Known(ctx context.Context, s Scope, ids []airtable.RecordID) (map[airtable.RecordID]Known, error) {
	known := make(map[airtable.RecordID]Known, len(ids))
	err := m.each(ctx, "links_known", s, ids, func(rows db.Rows) error {
		var source string
		var created int64
		var k Known
		if err := rows.Scan(&source, (*string)(&k.Target), &created, &k.Hash, &k.Answer,
			&k.Swept, &k.Listed, &k.ListedHash, &k.ListedAnswer); err != nil {
			return err
		}
		k.Created = created == 1
		known[airtable.RecordID(source)] = k
		return nil
	})
	return known, err
}

// Targets returns the target rows of source rows.
func (m *LinkMap) Targets(ctx context.Context, s Scope, sources []airtable.RecordID) (map[airtable.RecordID]airtable.RecordID, error) {
	return m.pairs(ctx, "links_by_source", s, sources)
}

// Sources returns the source rows of target rows.
func (m *LinkMap) Sources(ctx context.Context, s Scope, targets []airtable.RecordID) (map[airtable.RecordID]airtable.RecordID, error) {
	return m.pairs(ctx, "links_by_target", s, targets)
}

func (m *LinkMap) pairs(ctx context.Context, name string, s Scope, ids []airtable.RecordID) (map[airtable.RecordID]airtable.RecordID, error) {
	found := make(map[airtable.RecordID]airtable.RecordID, len(ids))
	err := m.each(ctx, name, s, ids, func(rows db.Rows) error {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			return err
		}
		found[airtable.RecordID(from)] = airtable.RecordID(to)
		return nil
	})
	return found, err
}

// idsPerQuery bounds the placeholders of one statement.
const idsPerQuery = 200

// each runs a statement with a list of ids, in portions, and scans its rows.
func (m *LinkMap) each(ctx context.Context, name string, s Scope, ids []airtable.RecordID, scan func(db.Rows) error) error {
	for len(ids) > 0 {
		n := min(len(ids), idsPerQuery)
		args := s.args()
		marks := make([]string, n)
		for i, id := range ids[:n] {
			args = append(args, string(id))
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		ids = ids[n:]
		query := strings.Replace(m.sql[name], "/*ids*/", strings.Join(marks, ", "), 1)
		if err := m.scan(ctx, query, args, scan); err != nil {
			return fmt.Errorf("link map, %s: %w", name, err)
		}
	}
	return nil
}

func (m *LinkMap) scan(ctx context.Context, query string, args []any, scan func(db.Rows) error) error {
	rows, err := m.db.Read().Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Gone is a row that is missing from a sweep.
type Gone struct {
	Source airtable.RecordID `json:"source"`
	Target airtable.RecordID `json:"target"`
}

// Missing returns rows made by this sync whose source row the sweep has not
// seen, after the given source row and in that order.
func (m *LinkMap) Missing(ctx context.Context, s Scope, after airtable.RecordID, sweep, listing string, limit int) ([]Gone, error) {
	var gone []Gone
	err := m.scan(ctx, m.sql["links_missing"], s.args(string(after), sweep, listing, limit), func(rows db.Rows) error {
		var g Gone
		if err := rows.Scan((*string)(&g.Source), (*string)(&g.Target)); err != nil {
			return err
		}
		gone = append(gone, g)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("link map, missing rows: %w", err)
	}
	return gone, nil
}

// Count returns how many target rows are known, and how many of those are
// missing from the sweep.
func (m *LinkMap) Count(ctx context.Context, s Scope, sweep, listing string) (rows, missing int64, err error) {
	err = m.db.Read().QueryRow(ctx, m.sql["links_count"], s.args(sweep, listing)...).Scan(&rows, &missing)
	if err != nil {
		return 0, 0, fmt.Errorf("link map, count: %w", err)
	}
	return rows, missing, nil
}

// Mark returns where the next incremental read begins; false before the first
// full run has completed.
func (m *LinkMap) Mark(ctx context.Context, s Scope) (Mark, bool, error) {
	var micros int64
	var mark Mark
	err := m.db.Read().QueryRow(ctx, m.sql["mark_load"], s.args()...).Scan(&micros, &mark.Fingerprint)
	if errors.Is(err, db.ErrNoRows) {
		return mark, false, nil
	}
	if err != nil {
		return mark, false, fmt.Errorf("link map, mark: %w", err)
	}
	mark.At = time.UnixMicro(micros).UTC()
	return mark, true, nil
}
