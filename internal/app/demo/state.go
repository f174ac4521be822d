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

// openDir prepares the folder: a finished earlier start is kept unless fresh
// is asked for, an interrupted one is removed, a folder of somebody else is
// refused.
func openDir(dir string, records int, fresh bool) (state, error) {
	var s state
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		entries, err := os.ReadDir(dir)
		if err == nil && len(entries) > 0 {
			return s, fmt.Errorf("%s is not empty and not the demo's; name another folder with --dir", dir)
		}
	case err != nil:
		return s, err
	default:
		if json.Unmarshal(raw, &s) == nil && s.Synced && s.Records == records && !fresh {
			return s, nil
		}
		if err := os.RemoveAll(dir); err != nil {
			return s, err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, err
	}
	s = state{Records: records}
	return s, s.save(dir)
}

func (s state) save(dir string) error {
	return os.WriteFile(filepath.Join(dir, stateFile), mustJSON(s), 0o600)
}
