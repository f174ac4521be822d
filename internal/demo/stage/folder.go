package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// State is what one start leaves for the next. Its file also marks a folder as the
// demo's own, which may be emptied.
type State struct {
	Records  int    `json:"records"`  // asked for
	Workflow string `json:"workflow"` // id
	Finished bool   `json:"finished"` // the demonstration was completed; the next start continues from it
}

const stateFile = "demo.json"

// folder is a folder that this process has locked.
type folder struct {
	path string
	lock *os.File
}

// takeFolder creates the folder and locks it against other demos. The caller
// releases it with giveUp.
func takeFolder(path string) (*folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := takeLock(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("another demo is running in %s; stop it, or name another folder with --dir", path), lock.Close())
	}
	return &folder{path: path, lock: lock}, nil
}

// giveUp releases the folder for other demos.
func (f *folder) giveUp() { _ = f.lock.Close() }

// prepare returns the state of an earlier start that completed with the same number
// of records, unless fresh is set. Anything else that a demo left is removed; a
// folder that does not belong to a demo is refused.
func (f *folder) prepare(records int, fresh bool) (s State, removed bool, err error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return s, false, err
	}
	raw, err := os.ReadFile(filepath.Join(f.path, stateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(entries) > 0:
		return s, false, fmt.Errorf("%s is not empty and was not made by a demo; name another folder with --dir", f.path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return s, false, err
	case err == nil && json.Unmarshal(raw, &s) == nil && s.Finished && s.Records == records && !fresh:
		return s, false, nil
	}
	for _, e := range entries {
		if e.Name() == stateFile { // marks the folder as ours until a new one is written
			continue
		}
		if err := os.RemoveAll(filepath.Join(f.path, e.Name())); err != nil {
			return s, false, err
		}
		removed = true
	}
	s = State{Records: records}
	return s, removed, f.save(s)
}

func (f *folder) save(s State) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.path, stateFile), raw, 0o600)
}
