// Package blob keeps big values out of journals and events: what a step puts
// here it hands on as a small reference. It is not an archive: a group's
// blobs go when their owner is done.
package blob

import (
	"context"
	"errors"
	"io"
)

// Ref names one blob. It is small plain data, fit for a journal.
type Ref struct {
	Key   string `json:"key"`
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum"` // half of the SHA-256, base64url: 22 characters
}

// ErrNotFound says that a blob is gone or never was.
var ErrNotFound = errors.New("blob not found")

// ErrInUse says that another process, or another Dir of this one, has the
// directory: it would take blobs that it does not know for left-overs.
var ErrInUse = errors.New("in use by another process")

// ErrDamaged says that a blob is not what was put.
var ErrDamaged = errors.New("blob is damaged")

// Store keeps blobs in groups, usually one per execution. It is safe for
// concurrent use; deleting a group while a Put into it runs is the caller's
// mistake and may lose that blob.
type Store interface {
	// Put stores all of r. It returns once the blob survives a power cut; on
	// an error nothing is kept.
	Put(ctx context.Context, group string, r io.Reader) (Ref, error)
	// Open reads a blob; what it returns is also an io.ReaderAt. Reading it to
	// the end fails with ErrDamaged if the content is not what Put stored. The
	// caller closes it. ErrNotFound for a blob that is gone.
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
	// DeleteGroup removes a group with its blobs; a group that is not there is
	// no error.
	DeleteGroup(ctx context.Context, group string) error
	// Groups lists the groups that exist, in no order.
	Groups(ctx context.Context) ([]string, error)
}
