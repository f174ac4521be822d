package db

import (
	"context"
	"errors"
	"testing"
)

// brokenSession fails where it is told to.
type brokenSession struct {
	session
	commitErr, rollbackErr error
	verdict                verdict
	rolledBack             int
}

func (s *brokenSession) begin(context.Context, int64) error { return nil }
func (s *brokenSession) commit(context.Context) error       { return s.commitErr }
func (s *brokenSession) rollback(context.Context) error     { s.rolledBack++; return s.rollbackErr }
func (s *brokenSession) judge(error) verdict                { return s.verdict }

func TestOutcomeOfAFailedCommit(t *testing.T) {
	t.Parallel()
	disk := errors.New("the disk")
	for name, c := range map[string]struct {
		session    brokenSession
		lost       bool
		rolledBack int
		want       error
	}{
		"refused": {brokenSession{commitErr: disk, verdict: failed}, false, 1, disk},
		"full":    {brokenSession{commitErr: disk, verdict: full}, false, 1, ErrFull},
		// A failed fsync: nobody may try the commit again.
		"fsync":    {brokenSession{commitErr: disk, verdict: lost}, true, 0, ErrLost},
		"rollback": {brokenSession{commitErr: disk, verdict: failed, rollbackErr: errors.New("too")}, true, 1, ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWriter(&c.session, 1, 0)
			defer w.close()
			write := func() error {
				result := make(chan error, 1)
				w.submit(&job{write: func(context.Context, Tx) error { return nil }, done: func(err error) { result <- err }})
				return <-result
			}
			if err := write(); !errors.Is(err, c.want) || !errors.Is(err, disk) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if w.gone() != c.lost || c.session.rolledBack != c.rolledBack {
				t.Errorf("lost: %t, rolled back %d times", w.gone(), c.session.rolledBack)
			}
			if c.lost {
				c.session.commitErr = nil // it would work now, but what is on disk is unknown
				if err := write(); !errors.Is(err, ErrLost) {
					t.Errorf("afterwards: %v", err)
				}
			}
		})
	}
}
