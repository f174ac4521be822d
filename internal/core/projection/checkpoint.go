package projection

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// checkpoints is the table of how far projections are.
type checkpoints struct {
	db          *db.DB
	read, write string // statements
}

func openCheckpoints(ctx context.Context, d *db.DB) (*checkpoints, error) {
	c := &checkpoints{db: d}
	if err := d.Migrate(ctx, "projection", files); err != nil {
		return nil, err
	}
	return c, d.Statements(files, map[string]*string{"read_checkpoint": &c.read, "write_checkpoint": &c.write})
}

// load returns how far a projection is, and the version of the fold that made its
// rows; zero for one that the store does not know.
func (c *checkpoints) load(ctx context.Context, p *Projection) (version int, position int64, err error) {
	err = c.db.Read().QueryRow(ctx, c.read, p.Name).Scan(&version, &position)
	if errors.Is(err, db.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read the checkpoint of %s: %w", p.Name, err)
	}
	return version, position, nil
}

// save stores the changes of a batch and the position of its end in one
// transaction, and returns when both are durable.
func (c *checkpoints) save(ctx context.Context, p *Projection, changes db.Write, position int64) error {
	return c.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		if changes != nil {
			if err := changes(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, c.write, p.Name, int64(p.Version), position)
		return err
	})
}

// reset empties the tables of a projection, which then begins at the first event.
func (c *checkpoints) reset(ctx context.Context, p *Projection) error {
	empty := func(ctx context.Context, tx db.Tx) error {
		for _, table := range p.Tables {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table); err != nil {
				return fmt.Errorf("empty the table %s: %w", table, err)
			}
		}
		return nil
	}
	if err := c.save(ctx, p, empty, 0); err != nil {
		return fmt.Errorf("begin the projection %s anew: %w", p.Name, err)
	}
	return nil
}
