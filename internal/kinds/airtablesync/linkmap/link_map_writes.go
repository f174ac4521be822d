package linkmap

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Every write of the link map is idempotent, as engine.Attach demands.

// Sweep notes that the sweep has seen these source rows, and thereby the
// intention to write those that are new.
func (m *LinkMap) Sweep(s Scope, sweep string, ids []airtable.RecordID) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(ctx, m.sql["link_sweep"], s.args(string(id), sweep)...); err != nil {
				return err
			}
		}
		return nil
	}
}

// Wrote notes what was written.
func (m *LinkMap) Wrote(s Scope, rows []Written) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		for _, r := range rows {
			if _, err := tx.Exec(ctx, m.sql["link_write"], s.args(string(r.Source), string(r.Target), r.Hash, r.Answer)...); err != nil {
				return err
			}
		}
		return nil
	}
}

// List notes what a listing of the target found.
func (m *LinkMap) List(s Scope, listing string, rows []Listed) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		for _, r := range rows {
			if _, err := tx.Exec(ctx, m.sql["link_list"], s.args(string(r.Source), string(r.Target), listing, r.Hash, r.Answer)...); err != nil {
				return err
			}
		}
		return nil
	}
}

// Forget drops rows whose target was deleted.
func (m *LinkMap) Forget(s Scope, sources []airtable.RecordID) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		for _, id := range sources {
			if _, err := tx.Exec(ctx, m.sql["link_forget"], s.args(string(id))...); err != nil {
				return err
			}
		}
		return nil
	}
}

// Clean drops lines that no sweep and no listing has seen.
func (m *LinkMap) Clean(s Scope, sweep, listing string) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, m.sql["links_clean"], s.args(sweep, listing)...)
		return err
	}
}

// SaveMark moves the mark of a pair.
func (m *LinkMap) SaveMark(s Scope, mark Mark) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, m.sql["mark_save"], s.args(mark.At.UnixMicro(), mark.Fingerprint)...)
		return err
	}
}
