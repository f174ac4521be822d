// Package blob keeps big values out of journals and events: what a step puts here
// it hands on as a small reference. Every blob belongs to an owner and goes when
// the owner does, never before and never by itself.
package blob

import (
	"context"
	"errors"
	"io"
)

// OwnerKind says what kind of thing owns blobs: lower-case letters, digits and
// underscores.
type OwnerKind string

// Execution owns what the steps of an execution, and of its redrives, hand on.
const Execution OwnerKind = "execution"

// Owner is the thing that blobs belong to, within the store that Open was told.
// Its id has letters, digits, '_', '-' and '.', at most 128 of them.
type Owner struct {
	Kind OwnerKind `json:"kind"`
	ID   string    `json:"id"`
}

// String returns kind/id, for messages.
func (o Owner) String() string { return string(o.Kind) + "/" + o.ID }

// Ref names one blob. It is small plain data, fit for a journal.
type Ref struct {
	Owner Owner  `json:"owner"`
	Name  string `json:"name"` // among those of the owner
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum"` // half of the SHA-256, base64url: 22 characters
}

// String returns kind/id/name, for messages.
func (r Ref) String() string { return r.Owner.String() + "/" + r.Name }

// ErrNotFound says that a blob is gone or never was.
var ErrNotFound = errors.New("blob not found")

// ErrInUse says that another process, or another Dir of this one, has the
// directory: it would take blobs that it does not know for left-overs.
var ErrInUse = errors.New("in use by another process")

// ErrForeign says that a directory does not belong to the store that it was opened
// for.
var ErrForeign = errors.New("blobs of another store")

// ErrDamaged says that a blob is not what was put.
var ErrDamaged = errors.New("blob is damaged")

// Store keeps blobs by their owners. It is safe for concurrent use; deleting an
// owner's blobs while a Put for it runs is the caller's mistake and may lose that
// blob.
type Store interface {
	// Put stores all of r. It returns once the blob survives a power cut; on
	// an error nothing is kept.
	Put(ctx context.Context, owner Owner, r io.Reader) (Ref, error)
	// Open reads a blob; what it returns is also an io.ReaderAt. Reading it to
	// the end fails with ErrDamaged if the content is not what Put stored. The
	// caller closes it. ErrNotFound for a blob that is gone.
	Open(ctx context.Context, ref Ref) (io.ReadCloser, error)
	// DeleteOwner removes all blobs of an owner; none is no error.
	DeleteOwner(ctx context.Context, owner Owner) error
	// Owners lists the ids of the owners of a kind that have had a blob put since
	// they were last deleted, in no order.
	Owners(ctx context.Context, kind OwnerKind) ([]string, error)
}
