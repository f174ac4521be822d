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
	"strings"
	"sync"
	"syscall"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Dir is a Store in a directory: one folder per group, one file per blob.
// Keys cannot lead out of it.
type Dir struct {
	path  string
	root  *os.Root
	close func() error

	mu      sync.Mutex
	durable map[string]bool // groups whose folder is known to survive a power cut
}

var _ Store = (*Dir)(nil)

// OpenDir opens the store in the directory path and creates it if need be. It
// fails with ErrInUse while somebody else has it. The caller closes it.
func OpenDir(path string) (*Dir, error) {
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
	return &Dir{path: path, root: root, close: release, durable: map[string]bool{}}, nil
}

// Close releases the directory; open blobs stay readable. It may be called twice.
func (d *Dir) Close() error { return d.close() }

// nameLength is how much of a random text names a blob of a group: 80 bits. A
// name that is taken is an error.
const nameLength = 16

// Put implements Store: the file and the folder that names it are synced
// before it returns.
func (d *Dir) Put(ctx context.Context, group string, r io.Reader) (Ref, error) {
	if err := checkName(group); err != nil {
		return Ref{}, err
	}
	if err := d.makeGroup(group); err != nil {
		return Ref{}, d.storageError("create group "+group, err)
	}
	key := path.Join(group, rand.Text()[:nameLength])
	ref, err := d.write(ctx, key, r)
	if err != nil {
		_ = d.root.Remove(key) // an orphan would only wait for DeleteGroup
		return Ref{}, err
	}
	return ref, nil
}

func (d *Dir) write(ctx context.Context, key string, r io.Reader) (Ref, error) {
	f, err := d.root.OpenFile(key, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Ref{}, d.storageError("create "+key, err)
	}
	source := &sourceReader{ctx: ctx, r: r}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), source)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if source.err != nil {
		return Ref{}, fmt.Errorf("read what is to be stored in %s: %w", key, source.err)
	}
	if err == nil {
		err = d.syncDir(path.Dir(key))
	}
	if err != nil {
		return Ref{}, d.storageError("write "+key, err)
	}
	return Ref{Key: key, Bytes: n, Sum: shortSum(sum)}, nil
}

// makeGroup makes sure that the group's folder exists and is durable. It
// holds the lock while syncing, so that a second Put into a new group does
// not return before the folder's entry is on disk.
func (d *Dir) makeGroup(group string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.durable[group] {
		return nil
	}
	if err := d.root.Mkdir(group, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.syncDir("."); err != nil {
		return err
	}
	d.durable[group] = true
	return nil
}

// Open implements Store.
func (d *Dir) Open(_ context.Context, ref Ref) (io.ReadCloser, error) {
	group, name, ok := strings.Cut(ref.Key, "/")
	if !ok || checkName(group) != nil || checkName(name) != nil {
		return nil, fmt.Errorf("open blob: %q is not a key of this store", ref.Key)
	}
	f, err := d.root.Open(ref.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open blob %s: %w", ref.Key, ErrNotFound)
	}
	if err != nil {
		return nil, d.storageError("open "+ref.Key, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != ref.Bytes {
		_ = f.Close()
		return nil, fmt.Errorf("open blob %s: %w: its size is not the %d bytes that were stored", ref.Key, ErrDamaged, ref.Bytes)
	}
	return &verified{File: f, ref: ref, sum: sha256.New()}, nil
}

// DeleteGroup implements Store.
func (d *Dir) DeleteGroup(_ context.Context, group string) error {
	if err := checkName(group); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.durable, group)
	if err := d.root.RemoveAll(group); err != nil {
		return d.storageError("delete group "+group, err)
	}
	return nil
}

// Groups implements Store.
func (d *Dir) Groups(context.Context) ([]string, error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil, d.storageError("list groups", err)
	}
	var groups []string
	for _, e := range entries {
		if e.IsDir() && checkName(e.Name()) == nil {
			groups = append(groups, e.Name())
		}
	}
	return groups, nil
}

func (d *Dir) syncDir(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// storageError classifies a failure of the disk: no retry mends it.
func (d *Dir) storageError(doing string, cause error) error {
	fix := "check the disk and the rights on the directory"
	code := "storage_failed"
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		fix, code = "free space on that disk", "disk_full"
	}
	return failure.Wrap(cause, failure.Fatal, code, "%s in the blob directory %s: %v: %s", doing, d.path, cause, fix)
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

func checkName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%q cannot name a blob group: use letters, digits, '_', '-', '.'", name)
	}
	return nil
}
