package blob

import (
	"context"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"os"
)

// sourceReader reads for Put and remembers failures of the source, to tell them
// from failures of the disk.
type sourceReader struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// shortSum is the checksum of a Ref: 128 bits.
func shortSum(h hash.Hash) string { return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) }

// verified is an open blob. Whoever reads it in order to its end learns whether it
// is what was stored; ReadAt does not take part in this check.
type verified struct {
	*os.File
	ref Ref
	sum hash.Hash
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.File.Read(p)
	v.sum.Write(p[:n])
	if err == io.EOF && shortSum(v.sum) != v.ref.Sum {
		return n, fmt.Errorf("read blob %s: %w: its checksum differs", v.ref, ErrDamaged)
	}
	return n, err
}

// WriteTo hides the file's own, which would bypass the check.
func (v *verified) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{v})
}

// Seek hides the file's own: a blob is read in order or by ReadAt.
func (v *verified) Seek(int64, int) (int64, error) {
	return 0, fmt.Errorf("read blob %s: it cannot seek: use ReadAt", v.ref)
}
