package local

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	//go:embed sql/position.sql
	sqlPosition string
	//go:embed sql/list_open.sql
	sqlListOpen string
	//go:embed sql/add_open.sql
	sqlAddOpen string
	//go:embed sql/remove_open.sql
	sqlRemoveOpen string
	//go:embed sql/move_position.sql
	sqlMovePosition string
)

// saveEvery is how many positions may pass between two saves of the open set:
// a start reads that many events at most, and a little more.
const saveEvery = 20_000

// openSet knows which executions are open. Its table is behind by some
// positions, which costs nothing while executions run and a short read at a
// start; executions that begin and end in between never touch it.
type openSet struct {
	db *db.DB // nil: nothing is kept

	mu       sync.Mutex
	position int64 // every event up to here is accounted for
	saved    int64
	begun    map[key]bool // since the last save, still open
	ended    map[key]bool // in the table, but ended since
	stored   map[key]bool // in the table
	due      chan struct{}
}

func newOpenSet(d *db.DB) *openSet {
	return &openSet{db: d, begun: map[key]bool{}, ended: map[key]bool{}, stored: map[key]bool{}, due: make(chan struct{}, 1)}
}

// saw takes in a commit. Commits are seen in the order of their positions.
func (s *openSet) saw(k key, position int64, created, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.position = max(s.position, position)
	s.note(k, created, ended)
	if s.db != nil && s.position-s.saved >= saveEvery {
		select {
		case s.due <- struct{}{}:
		default:
		}
	}
}

func (s *openSet) note(k key, created, ended bool) {
	if created && !ended {
		s.begun[k] = true
	}
	if ended {
		delete(s.begun, k)
		if s.stored[k] {
			s.ended[k] = true
		}
	}
}

// load returns the executions that were open when the last process ended: its
// table and what the store says since.
func (s *openSet) load(ctx context.Context, store eventstore.Store) ([]key, error) {
	if err := s.readTable(ctx); err != nil {
		return nil, err
	}
	for {
		events, err := store.ReadAll(ctx, s.position, pageOfEvents, eventstore.Filter{StreamType: engine.StreamType})
		if err != nil {
			return nil, fmt.Errorf("read which executions are open: %w", err)
		}
		for i := range events {
			ev := &events[i]
			s.position = ev.Position
			k := key{ev.Stream.Workspace, ev.Stream.ID}
			switch ev.Type {
			case engine.EventCreated:
				s.note(k, true, false)
			case engine.EventCompleted, engine.EventFailed, engine.EventCancelled:
				s.note(k, false, true)
			}
		}
		if len(events) < pageOfEvents {
			return s.list(), nil
		}
	}
}

func (s *openSet) list() []key {
	open := make([]key, 0, len(s.stored)+len(s.begun))
	for k := range s.stored {
		if !s.ended[k] {
			open = append(open, k)
		}
	}
	for k := range s.begun {
		if !s.stored[k] {
			open = append(open, k)
		}
	}
	return open
}

func (s *openSet) readTable(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := s.db.Migrate(ctx, "engine", files); err != nil {
		return err
	}
	err = s.db.Read().QueryRow(ctx, sqlPosition).Scan(&s.position)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("read the position of the open executions: %w", err)
	}
	s.saved = s.position
	rows, err := s.db.Read().Query(ctx, sqlListOpen)
	if err != nil {
		return fmt.Errorf("read the open executions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k key
		if err := rows.Scan(&k.workspace, &k.execution); err != nil {
			return fmt.Errorf("read the open executions: %w", err)
		}
		s.stored[k] = true
	}
	return rows.Err()
}

// save brings the table up to the last commit that was seen.
func (s *openSet) save(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	s.mu.Lock()
	position, begun, ended := s.position, s.begun, s.ended
	if position == s.saved {
		s.mu.Unlock()
		return nil
	}
	s.begun, s.ended = map[key]bool{}, map[key]bool{}
	for k := range begun { // from now on an end must remove them
		s.stored[k] = true
	}
	s.mu.Unlock()
	err := s.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		return writeOpen(ctx, tx, position, begun, ended)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.takeBack(begun, ended)
		return fmt.Errorf("save the open executions: %w", err)
	}
	s.saved = position
	for k := range ended {
		delete(s.stored, k)
	}
	return nil
}

// takeBack keeps what could not be saved for the next time.
func (s *openSet) takeBack(begun, ended map[key]bool) {
	for k := range begun {
		delete(s.stored, k)
		if s.ended[k] {
			delete(s.ended, k)
			continue
		}
		s.begun[k] = true
	}
	for k := range ended {
		s.ended[k] = true
	}
}

func writeOpen(ctx context.Context, tx db.Tx, position int64, begun, ended map[key]bool) error {
	for k := range begun {
		if _, err := tx.Exec(ctx, sqlAddOpen, k.workspace, k.execution); err != nil {
			return err
		}
	}
	for k := range ended {
		if _, err := tx.Exec(ctx, sqlRemoveOpen, k.workspace, k.execution); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, sqlMovePosition, position)
	return err
}
