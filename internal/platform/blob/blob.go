// Package blob keeps large values out of journals and events: a step stores a
// value here and passes on a small reference. Every blob belongs to an owner and
// is deleted with it, never earlier.
package blob

import (
	"context"
	"errors"
	"io"
)

// OwnerKind is a kind of thing that owns blobs, written in lower-case letters,
// digits and underscores.
type OwnerKind string

// Execution owns what the steps of an execution and of its redrives pass on.
const Execution OwnerKind = "execution"

// Owner is the thing that blobs belong to, within the store that the directory was
// opened for. Its id has at most 128 letters, digits, '_', '-' and '.'.
type Owner struct {
	Kind OwnerKind `json:"kind"`
	ID   string    `json:"id"`
}

// String returns kind/id, for messages.
func (o Owner) String() string { return string(o.Kind) + "/" + o.ID }

// Ref names one blob. It is small plain data that can go into a journal.
type Ref struct {
	Owner Owner  `json:"owner"`
	Name  string `json:"name"` // among those of the owner
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum"` // half of the SHA-256, base64url: 22 characters
}

// String returns kind/id/name, for messages.
func (r Ref) String() string { return r.Owner.String() + "/" + r.Name }

// ErrNotFound means that a blob was deleted or never existed.
var ErrNotFound = errors.New("blob not found")

// ErrInUse means that another process, or another Dir of this process, is using
// the directory. Either would mistake the other's blobs for leftovers.
var ErrInUse = errors.New("in use by another process")

// ErrForeign means that a directory does not belong to the store that it was
// opened for.
var ErrForeign = errors.New("blobs of another store")

// ErrDamaged means that a blob is not what was stored.
var ErrDamaged = errors.New("blob is damaged")

// Store keeps blobs by owner. It is safe for concurrent use, except that callers
// must not delete an owner's blobs while a Put for that owner is running: the new
// blob may be lost.
type Store interface {
	// Put stores all of r. When it returns, the blob survives a power failure; on
	// an error nothing is kept.
	Put(ctx context.Context, owner Owner, r io.Reader) (Ref, error)
	// Open reads a blob; the result is also an io.ReaderAt. Reading to the end
	// fails with ErrDamaged if the content is not what Put stored. The caller
	// closes it. It returns ErrNotFound if the blob does not exist.
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
	// DeleteOwner removes all blobs of an owner; having none is not an error.
	DeleteOwner(ctx context.Context, owner Owner) error
	// Owners lists the ids of the owners of a kind for which a blob was stored
	// since they were last deleted, in no particular order.
	Owners(ctx context.Context, kind OwnerKind) ([]string, error)
}
