// Package file keeps the files of attachments, fetches them from where they are, and says under which url they are
// served and for how long. It knows no table and no record.
package file

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Store keeps files by the hash of what is in them, each once. Safe for concurrent use.
type Store struct {
	dir string // "" keeps them in memory

	mu    sync.Mutex
	inRAM map[string][]byte
}

// OpenStore keeps files in a directory, which is created when the first one comes, or in memory when dir is "".
func OpenStore(dir string) *Store { return &Store{dir: dir, inRAM: map[string][]byte{}} }

// Put keeps a file and returns its hash. When it returns, the file is on disk.
func (s *Store) Put(data []byte) (string, error) {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.inRAM[hash] = data
		return hash, nil
	}
	if err := s.write(hash, data); err != nil {
		return "", fmt.Errorf("keep a file of %d bytes: %w", len(data), err)
	}
	return hash, nil
}

// write puts a file into the directory under another name first, so that a name always stands for the whole file.
func (s *Store) write(hash string, data []byte) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(s.dir, "new-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), filepath.Join(s.dir, hash))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Get returns a file by its hash.
func (s *Store) Get(hash string) ([]byte, error) {
	if s.dir != "" {
		return os.ReadFile(filepath.Join(s.dir, filepath.Base(hash)))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data, found := s.inRAM[hash]
	if !found {
		return nil, os.ErrNotExist
	}
	return data, nil
}

// Sweep removes all files that are not among these. Nothing may be put in meanwhile.
func (s *Store) Sweep(live map[string]bool) error {
	if s.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if !live[entry.Name()] {
			err = errors.Join(err, os.Remove(filepath.Join(s.dir, entry.Name())))
		}
	}
	return err
}
