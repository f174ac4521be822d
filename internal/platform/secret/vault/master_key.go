package vault

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// MasterKeyVariable is the environment variable that holds a master key
// instead of the file: 32 random bytes in base64.
const MasterKeyVariable = "PAW_MASTER_KEY"

// loadMaster finds the master key and proves that it fits the store. The
// file is made only for a store that has never had a key.
func loadMaster(ctx context.Context, o Options, sql *statements) (master, error) {
	fingerprint, err := readFingerprint(ctx, o.DB, sql)
	if err != nil {
		return master{}, err
	}
	key, source, err := masterKey(o, fingerprint == "")
	if err != nil {
		return master{}, err
	}
	m, err := newMaster(key)
	if err != nil {
		return master{}, err
	}
	if fingerprint == "" {
		return m, o.DB.Write(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, sql.writeMaster, m.fingerprint)
			return err
		})
	}
	if !m.matches(fingerprint) {
		return master{}, fmt.Errorf("the master key from %s is not the one that this store's secrets were encrypted with; put the right one there (it belongs to the store, keep a copy outside the database)", source)
	}
	return m, nil
}

func readFingerprint(ctx context.Context, d *db.DB, sql *statements) (string, error) {
	var fingerprint string
	err := d.Read().QueryRow(ctx, sql.readMaster).Scan(&fingerprint)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return fingerprint, err
}

// masterKey returns the key and the name of the place it came from.
func masterKey(o Options, mayCreate bool) ([]byte, string, error) {
	if o.MasterKey != "" {
		key, err := decodeKey(o.MasterKey)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", MasterKeyVariable, err)
		}
		return key, MasterKeyVariable, nil
	}
	key, err := readKeyFile(o.KeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if !mayCreate {
			return nil, "", fmt.Errorf("the store has secrets and the master key file %s is missing; put it back from your backup, or set %s", o.KeyFile, MasterKeyVariable)
		}
		key, err = createKeyFile(o.KeyFile)
	}
	return key, "the file " + o.KeyFile, err
}

func decodeKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("the master key is not base64; make one with: head -c 32 /dev/urandom | base64")
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("the master key has %d bytes and needs %d; make one with: head -c 32 /dev/urandom | base64", len(key), keySize)
	}
	if strings.Count(string(key), string(key[:1])) == keySize {
		return nil, errors.New("the master key is one byte repeated; make one with: head -c 32 /dev/urandom | base64")
	}
	return key, nil
}

func readKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the master key file %s may be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// createKeyFile makes a key and returns it once its file and the directory
// are on disk: nothing may be encrypted with a key that could be lost.
func createKeyFile(path string) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key)                                               // never fails: it ends the process instead
	f, err := os.CreateTemp(filepath.Dir(path), ".master-key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make the master key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the master key file: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike rename, never replaces a key
		return nil, fmt.Errorf("make the master key file: %w", err)
	}
	return key, syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
