// Package vault keeps credentials encrypted in the database: a data key per
// workspace, wrapped by a master key that is never stored in the database. It
// is not a vault for other programs, and no API shows what it holds.
package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

// Options says where secrets are kept and where the master key comes from.
type Options struct {
	DB *db.DB
	// KeyFile is the master key's file, outside the database. It is made with
	// mode 0600 when a store that never had a key is opened.
	KeyFile string
	// MasterKey, when not empty, is used instead of the file: 32 bytes in
	// base64, as PAW_MASTER_KEY holds them.
	MasterKey string
	Clock     clock.Clock // nil means the machine's clock
}

// Store seals and opens secrets. It is safe for concurrent use.
type Store struct {
	db     *db.DB
	sql    *statements
	clock  clock.Clock
	master master

	mu   sync.Mutex
	keys map[keyName][]byte // data keys in use
	used map[string]keyName // the key that a workspace's new secrets get
}

type keyName struct{ workspace, id string }

// Open prepares the tables and the master key. It refuses to go on when the
// key is missing, wrong, too short or readable by others.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	sql, err := openTables(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	m, err := loadMaster(ctx, o, sql)
	if err != nil {
		return nil, err
	}
	return &Store{db: o.DB, sql: sql, clock: o.Clock, master: m, keys: map[keyName][]byte{}, used: map[string]keyName{}}, nil
}

// Seal encrypts a new secret. The reference is valid once write, which
// belongs into the caller's transaction, is committed.
func (s *Store) Seal(ctx context.Context, workspace string, plain secret.Secret) (ref string, write db.Write, err error) {
	id := "sec_" + uuid.Must(uuid.NewV7()).String()
	name, sealed, err := s.encrypt(ctx, workspace, id, plain)
	if err != nil {
		return "", nil, err
	}
	now := s.clock.Now().UnixMicro()
	return secret.RefPrefix + id, func(ctx context.Context, tx db.Tx) error {
		key, err := tx.Workspace(ctx, workspace)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, s.sql.writeSecret, key, id, name.id, sealed, now)
		return err
	}, nil
}

// Replace encrypts a new value for an existing secret; whoever resolves the
// reference after write is committed gets the new value.
func (s *Store) Replace(ctx context.Context, workspace, ref string, plain secret.Secret) (write db.Write, err error) {
	id := strings.TrimPrefix(ref, secret.RefPrefix)
	name, sealed, err := s.encrypt(ctx, workspace, id, plain)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now().UnixMicro()
	return func(ctx context.Context, tx db.Tx) error {
		key, err := tx.Workspace(ctx, workspace)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, s.sql.replaceSecret, key, id, name.id, sealed, now)
		if err == nil && n != 1 {
			err = notFound(ref)
		}
		return err
	}, nil
}

// Has reports whether the workspace has the secret that ref names.
func (s *Store) Has(ctx context.Context, workspace, ref string) (bool, error) {
	_, _, err := s.row(ctx, workspace, ref)
	if failure.CodeOf(err) == "secret_not_found" {
		return false, nil
	}
	return err == nil, err
}

// Resolve returns the secret that ref names in the workspace. A secret of
// another workspace reads the same as one that does not exist, and so does text
// that is not a reference, which might be a credential that slipped in: class
// validation, code secret_not_found. A row that does not decrypt is fatal, code
// decrypt_failed. The caller hands the text to the system that it is for and
// keeps it nowhere.
func (s *Store) Resolve(ctx context.Context, workspace, ref string) (string, error) {
	dataKey, sealed, err := s.row(ctx, workspace, ref)
	if err != nil {
		return "", err
	}
	key, err := s.dataKey(ctx, keyName{workspace, dataKey})
	if err != nil {
		return "", err
	}
	id := strings.TrimPrefix(ref, secret.RefPrefix)
	plain, err := open(key, sealed, secretPlace(workspace, id, dataKey))
	if err != nil {
		return "", decryptFailed(err, ref)
	}
	return string(plain), nil
}

// SealData encrypts data of a workspace with its data key, for a place: a name
// that no other use of this method has. It opens nowhere else.
func (s *Store) SealData(ctx context.Context, workspace, at string, plain []byte) (string, error) {
	name, key, err := s.currentKey(ctx, workspace)
	if err != nil {
		return "", err
	}
	sealed, err := seal(key, plain, place(workspace, "data", at, "sealed", name.id))
	return name.id + ":" + sealed, err
}

// OpenData undoes SealData. What was changed, or sealed for another place, is
// fatal: code decrypt_failed.
func (s *Store) OpenData(ctx context.Context, workspace, at, sealed string) ([]byte, error) {
	id, sealed, _ := strings.Cut(sealed, ":")
	key, err := s.dataKey(ctx, keyName{workspace, id})
	if err != nil {
		return nil, err
	}
	plain, err := open(key, sealed, place(workspace, "data", at, "sealed", id))
	if err != nil {
		return nil, decryptFailed(err, at)
	}
	return plain, nil
}

func (s *Store) row(ctx context.Context, workspace, ref string) (dataKey, sealed string, err error) {
	id, ok := strings.CutPrefix(ref, secret.RefPrefix)
	if !ok {
		return "", "", notFound(ref)
	}
	key, err := s.db.Workspace(ctx, workspace)
	if err != nil {
		return "", "", err
	}
	err = s.db.Read().QueryRow(ctx, s.sql.readSecret, key, id).Scan(&dataKey, &sealed)
	if errors.Is(err, db.ErrNoRows) {
		return "", "", notFound(ref)
	}
	return dataKey, sealed, err
}

func (s *Store) encrypt(ctx context.Context, workspace, id string, plain secret.Secret) (keyName, string, error) {
	if len(plain) == 0 || len(plain) > secret.MaxBytes {
		return keyName{}, "", failure.New(failure.Validation, "secret_size", "a secret has 1 to %d bytes, this one has %d", secret.MaxBytes, len(plain))
	}
	name, key, err := s.currentKey(ctx, workspace)
	if err != nil {
		return keyName{}, "", err
	}
	sealed, err := seal(key, []byte(plain.Reveal()), secretPlace(workspace, id, name.id))
	return name, sealed, err
}

// currentKey returns the workspace's newest data key and makes the first one.
func (s *Store) currentKey(ctx context.Context, workspace string) (keyName, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := s.used[workspace]; ok {
		return name, s.keys[name], nil
	}
	of, err := s.db.Workspace(ctx, workspace)
	if err != nil {
		return keyName{}, nil, err
	}
	name, wrapped := keyName{workspace: workspace}, ""
	err = s.db.Read().QueryRow(ctx, s.sql.newestDataKey, of).Scan(&name.id, &wrapped)
	var key []byte
	switch {
	case errors.Is(err, db.ErrNoRows):
		name, key, err = s.createKey(ctx, workspace)
	case err == nil:
		key, err = s.unwrap(name, wrapped)
	}
	if err != nil {
		return keyName{}, nil, err
	}
	s.keys[name], s.used[workspace] = key, name
	return name, key, nil
}

func (s *Store) createKey(ctx context.Context, workspace string) (keyName, []byte, error) {
	name := keyName{workspace, uuid.Must(uuid.NewV7()).String()}
	key := make([]byte, keySize)
	rand.Read(key) // never fails: it ends the process instead
	wrapped, err := seal(s.master.wrap, key, keyPlace(name))
	if err != nil {
		return keyName{}, nil, err
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		of, err := tx.Workspace(ctx, workspace)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, s.sql.writeDataKey, of, name.id, wrapped)
		return err
	})
	return name, key, err
}

func (s *Store) dataKey(ctx context.Context, name keyName) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, ok := s.keys[name]; ok {
		return key, nil
	}
	of, err := s.db.Workspace(ctx, name.workspace)
	if err != nil {
		return nil, err
	}
	var wrapped string
	if err := s.db.Read().QueryRow(ctx, s.sql.readDataKey, of, name.id).Scan(&wrapped); err != nil {
		return nil, fmt.Errorf("read a data key: %w", err)
	}
	key, err := s.unwrap(name, wrapped)
	if err == nil {
		s.keys[name] = key
	}
	return key, err
}

func (s *Store) unwrap(name keyName, wrapped string) ([]byte, error) {
	key, err := open(s.master.wrap, wrapped, keyPlace(name))
	if err != nil {
		return nil, decryptFailed(err, "the data key of the workspace")
	}
	return key, nil
}

func secretPlace(workspace, id, dataKey string) []byte {
	return place(workspace, "secrets", id, "sealed", dataKey)
}

func keyPlace(name keyName) []byte {
	return place(name.workspace, "secret_data_keys", name.id, "wrapped", "master")
}

// notFound names the reference only when it has the shape of one: anything
// else might be a credential that slipped in.
func notFound(ref string) error {
	if _, err := uuid.Parse(strings.TrimPrefix(ref, secret.RefPrefix+"sec_")); err != nil {
		ref = "the given reference"
	}
	return failure.New(failure.Validation, "secret_not_found", "%s is not a secret of this workspace; give the credential itself and it becomes one", ref)
}

func decryptFailed(cause error, what string) error {
	return failure.Wrap(cause, failure.Fatal, "decrypt_failed", "%s cannot be decrypted: its row was changed or belongs elsewhere; give the credential again", what)
}
