package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// state is what a start leaves for the next one. Its file also marks a
// folder as the demo's own, which may be emptied.
type state struct {
	Records  int    `json:"records"`
	Workflow string `json:"workflow"`
	Synced   bool   `json:"synced"` // the first sync has completed
}

const stateFile = "demo.json"

// openDir takes and prepares the folder: a finished earlier start is kept
// unless fresh is asked for, an interrupted one is removed, a folder of
// somebody else or of a demo that runs is refused. The caller closes lock.
func openDir(dir string, records int, fresh bool) (s state, lock *os.File, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, nil, err
	}
	if lock, err = os.Open(dir); err != nil {
		return s, nil, err
	}
	if err = takeLock(lock); err != nil {
		err = fmt.Errorf("another demo runs in %s; end it or name another folder with --dir", dir)
	} else {
		s, err = prepare(dir, records, fresh)
	}
	if err != nil {
		return s, nil, errors.Join(err, lock.Close())
	}
	return s, lock, nil
}

func prepare(dir string, records int, fresh bool) (state, error) {
	var s state
	entries, err := os.ReadDir(dir)
	if err != nil {
		return s, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(entries) > 0:
		return s, fmt.Errorf("%s is not empty and not the demo's; name another folder with --dir", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return s, err
	case err == nil && json.Unmarshal(raw, &s) == nil && s.Synced && s.Records == records && !fresh:
		return s, nil
	}
	for _, e := range entries {
		if e.Name() == stateFile { // marks the folder as ours until a new one is written
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return s, err
		}
	}
	s = state{Records: records}
	return s, s.save(dir)
}

func (s state) save(dir string) error {
	return os.WriteFile(filepath.Join(dir, stateFile), mustJSON(s), 0o600)
}
