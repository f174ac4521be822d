// Package blob keeps big values out of journals and events: what a step puts
// here it hands on as a small reference. It is not an archive: a group's
// blobs go when its owner is done.
package blob

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Ref names one blob. It is small plain data, fit for a journal.
type Ref struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // lower-case hex
}

// ErrNotFound says that a blob is gone or never was.
var ErrNotFound = errors.New("blob not found")

// Store keeps blobs in groups. It is safe for concurrent use.
type Store interface {
	// Put stores all of r. It returns once the blob survives a power cut.
	Put(ctx context.Context, group string, r io.Reader) (Ref, error)
	// Open reads a blob; what it returns is also an io.ReaderAt. A read to the
	// end fails if the content is not what Put stored. The caller closes it.
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
	// DeleteGroup removes a group with its blobs; a group that is not there is no error.
	DeleteGroup(ctx context.Context, group string) error
	// Groups lists the groups that exist.
	Groups(ctx context.Context) ([]string, error)
}

// Dir is a Store in a directory.
type Dir struct{}

// OpenDir opens the store in the directory path and creates it if need be.
func OpenDir(path string) (*Dir, error) { panic("soon") }

// Put implements Store.
func (d *Dir) Put(ctx context.Context, group string, r io.Reader) (Ref, error) { panic("soon") }

// Open implements Store.
func (d *Dir) Open(ctx context.Context, ref Ref) (io.ReadCloser, error) { panic("soon") }

// DeleteGroup implements Store.
func (d *Dir) DeleteGroup(ctx context.Context, group string) error { panic("soon") }

// Groups implements Store.
func (d *Dir) Groups(ctx context.Context) ([]string, error) { panic("soon") }

// Close releases the directory.
func (d *Dir) Close() error { panic("soon") }

// PutRows stores rows (any bytes, usually JSON) as one blob from which Rows
// can read a range. It returns how many there were.
func PutRows(ctx context.Context, s Store, group string, rows iter.Seq2[[]byte, error]) (Ref, int, error) {
	panic("soon")
}

// Rows reads the rows [from, to) of a blob that PutRows stored, without
// reading the others. A to beyond the end means the end.
func Rows(ctx context.Context, s Store, ref Ref, from, to int) iter.Seq2[[]byte, error] {
	panic("soon")
}
