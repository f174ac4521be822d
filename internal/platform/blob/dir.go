package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"sync"
	"syscall"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Dir is a Store in a directory: a folder for each kind of owner, in it a folder
// for each owner, in that a file for each blob. The file store-id names the store
// that it belongs to. References cannot lead out of it.
type Dir struct {
	path  string
	root  *os.Root
	close func() error

	mu      sync.Mutex
	durable map[string]bool // folders that are known to survive a power failure
}

var _ Store = (*Dir)(nil)

// OpenDir opens the directory path for the store with this id, and creates it if
// necessary. A new directory belongs to that store from then on. OpenDir fails with
// ErrForeign if the directory belongs to another store, or holds blobs without
// saying whose, and with ErrInUse while another process uses it. The caller closes
// it.
func OpenDir(path, storeID string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("create the blob directory: %w", err)
	}
	held, err := lock(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the blob directory: %w", err), held.Close())
	}
	release := sync.OnceValue(func() error { return errors.Join(root.Close(), held.Close()) })
	d := &Dir{path: path, root: root, close: release, durable: map[string]bool{}}
	if err := d.belongsTo(storeID); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close releases the directory; open blobs stay readable. It may be called twice.
func (d *Dir) Close() error { return d.close() }

// nameLength is how much of a random text names a blob of an owner: 80 bits. It is
// an error if the name is taken.
const nameLength = 16

// Put implements Store: the file and the folders that lead to it are synced before
// it returns.
func (d *Dir) Put(ctx context.Context, owner Owner, r io.Reader) (Ref, error) {
	if err := owner.check(); err != nil {
		return Ref{}, err
	}
	if err := d.makeFolders(owner); err != nil {
		return Ref{}, d.storageError("make the folder of "+owner.String(), err)
	}
	ref := Ref{Owner: owner, Name: rand.Text()[:nameLength]}
	if err := d.write(ctx, &ref, r); err != nil {
		_ = d.root.Remove(ref.String()) // an orphan would only wait for DeleteOwner
		return Ref{}, err
	}
	return ref, nil
}

// write stores the blob that ref names and completes ref.
func (d *Dir) write(ctx context.Context, ref *Ref, r io.Reader) error {
	file := ref.String()
	f, err := d.root.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return d.storageError("create "+file, err)
	}
	source := &sourceReader{ctx: ctx, r: r}
	sum := sha256.New()
	ref.Bytes, err = io.Copy(io.MultiWriter(f, sum), source)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if source.err != nil {
		return fmt.Errorf("read what is to be stored in %s: %w", file, source.err)
	}
	if err == nil {
		err = d.sync(path.Dir(file))
	}
	if err != nil {
		return d.storageError("write "+file, err)
	}
	ref.Sum = shortSum(sum)
	return nil
}

// makeFolders makes sure that the owner's folder and the one above it exist and
// are durable. It holds the lock while syncing, so that a second Put into a new
// folder does not return before the folder's entry is on disk.
func (d *Dir) makeFolders(owner Owner) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, folder := range []string{string(owner.Kind), owner.String()} {
		if d.durable[folder] {
			continue
		}
		if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := d.sync(path.Dir(folder)); err != nil {
			return err
		}
		d.durable[folder] = true
	}
	return nil
}

// Open implements Store.
func (d *Dir) Open(_ context.Context, ref Ref) (io.ReadCloser, error) {
	if ref.Owner.check() != nil || !idForm.MatchString(ref.Name) {
		return nil, fmt.Errorf("open blob: %q does not name a blob of this store", ref)
	}
	f, err := d.root.Open(ref.String())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open blob %s: %w", ref, ErrNotFound)
	}
	if err != nil {
		return nil, d.storageError("open "+ref.String(), err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != ref.Bytes {
		_ = f.Close()
		return nil, fmt.Errorf("open blob %s: %w: its size is not the %d bytes that were stored", ref, ErrDamaged, ref.Bytes)
	}
	return &verified{File: f, ref: ref, sum: sha256.New()}, nil
}

// DeleteOwner implements Store.
func (d *Dir) DeleteOwner(_ context.Context, owner Owner) error {
	if err := owner.check(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.durable, owner.String())
	if err := d.root.RemoveAll(owner.String()); err != nil {
		return d.storageError("delete the blobs of "+owner.String(), err)
	}
	return nil
}

// Owners implements Store.
func (d *Dir) Owners(_ context.Context, kind OwnerKind) ([]string, error) {
	if !kindForm.MatchString(string(kind)) {
		return nil, fmt.Errorf("%q is not a kind of owner", kind)
	}
	entries, err := fs.ReadDir(d.root.FS(), string(kind))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.storageError("list the owners", err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && idForm.MatchString(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// sync makes the entries of a folder durable.
func (d *Dir) sync(folder string) error {
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// storageError classifies a failure of the disk; a retry would not help.
func (d *Dir) storageError(doing string, cause error) error {
	fix := "check the disk and the permissions of the directory"
	code := "storage_failed"
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		fix, code = "free space on that disk", "disk_full"
	}
	return failure.Wrap(cause, failure.Fatal, code, "%s in the blob directory %s: %v: %s", doing, d.path, cause, fix)
}

var (
	kindForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	idForm   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
)

func (o Owner) check() error {
	if !kindForm.MatchString(string(o.Kind)) || !idForm.MatchString(o.ID) {
		return fmt.Errorf("%q cannot own blobs: an id has letters, digits, '_', '-', '.', a kind lower-case letters, digits, '_'", o)
	}
	return nil
}
