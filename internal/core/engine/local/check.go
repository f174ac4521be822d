package local

import (
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Replay feeds the journal of an execution to the workflow functions of a
// registry without acting on anything, and reports the first difference (I5).
// Corpora of old journals are checked with it against new builds.
func Replay(store eventstore.Store, registry *engine.Registry, workspace, execution string) error {
	e, err := New(Options{Store: store, Registry: registry})
	if err != nil {
		return err
	}
	x := &exec{e: e, key: key{workspace, execution}, running: map[string]*attempt{}}
	why, err := x.load()
	if err != nil {
		return err
	}
	x.drop()
	if why != nil {
		return errors.New(why.asError().Message)
	}
	return nil
}
