package blob

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"slices"
)

// A blob of rows is the rows, each followed by a newline (so that a person
// can read it), then the end of each row as 8 bytes, then the footer: the
// number of rows and the magic, 8 bytes each.
const (
	rowsMagic  = "pawrows1"
	footerSize = 16
	indexEntry = 8
)

// PutRows stores rows (any bytes, usually JSON) as one blob from which Rows
// reads a range. It returns how many there were. The first error of rows ends
// it and nothing is kept.
func PutRows(ctx context.Context, s Store, owner Owner, rows iter.Seq2[[]byte, error]) (Ref, int, error) {
	next, stop := iter.Pull2(rows)
	defer stop()
	enc := &rowEncoder{next: next}
	ref, err := s.Put(ctx, owner, enc)
	return ref, len(enc.ends), err
}

// rowEncoder gives the bytes of a row blob while it pulls the rows.
type rowEncoder struct {
	next func() ([]byte, error, bool)
	buf  []byte
	rest []byte // of buf, still to be read
	pos  uint64
	ends []uint64
	done bool
}

func (e *rowEncoder) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.done {
			return 0, io.EOF
		}
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *rowEncoder) fill() error {
	row, err, ok := e.next()
	if err != nil {
		return err
	}
	if ok {
		e.buf = append(append(e.buf[:0], row...), '\n')
		e.pos += uint64(len(e.buf))
		e.ends = append(e.ends, e.pos)
		e.rest = e.buf
		return nil
	}
	e.done = true
	e.buf = e.buf[:0]
	for _, end := range e.ends {
		e.buf = binary.BigEndian.AppendUint64(e.buf, end)
	}
	e.buf = binary.BigEndian.AppendUint64(e.buf, uint64(len(e.ends)))
	e.rest = append(e.buf, rowsMagic...)
	return nil
}

// Rows reads the rows [from, to) of a blob that PutRows stored, without
// reading the others. A to beyond the end means the end. A row is valid until
// the next one; an error is the last thing that comes.
func Rows(ctx context.Context, s Store, ref Ref, from, to int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := eachRow(ctx, s, ref, from, to, func(row []byte) bool { return yield(row, nil) }); err != nil {
			yield(nil, fmt.Errorf("read rows %d to %d of blob %s: %w", from, to, ref, err))
		}
	}
}

func eachRow(ctx context.Context, s Store, ref Ref, from, to int, give func([]byte) bool) error {
	f, err := s.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer f.Close()
	at, ok := f.(io.ReaderAt)
	if !ok {
		return fmt.Errorf("the store %T gives no random access", s)
	}
	ends, first, err := rowEnds(at, ref.Bytes, from, to)
	if err != nil {
		return err
	}
	var buf []byte
	for _, end := range ends {
		if err := ctx.Err(); err != nil {
			return err
		}
		if end <= first || end > uint64(ref.Bytes) {
			return fmt.Errorf("%w: its index runs backwards", ErrDamaged)
		}
		buf = slices.Grow(buf[:0], int(end-first))[:end-first]
		if _, err := at.ReadAt(buf, int64(first)); err != nil {
			return err
		}
		if !give(buf[:len(buf)-1]) { // without the newline
			return nil
		}
		first = end
	}
	return nil
}

// rowEnds reads the part of the index that the rows [from, to) need: where
// each ends, and where the first begins.
func rowEnds(at io.ReaderAt, size int64, from, to int) (ends []uint64, first uint64, err error) {
	var footer [footerSize]byte
	if size < footerSize {
		return nil, 0, fmt.Errorf("%w: it is too short to hold rows", ErrDamaged)
	}
	if _, err := at.ReadAt(footer[:], size-footerSize); err != nil {
		return nil, 0, err
	}
	count := binary.BigEndian.Uint64(footer[:8])
	if string(footer[8:]) != rowsMagic || count > uint64(size-footerSize)/(indexEntry+1) {
		return nil, 0, fmt.Errorf("%w: it holds no rows", ErrDamaged)
	}
	to = min(to, int(count))
	if from < 0 || from >= to {
		return nil, 0, nil
	}
	start := max(from-1, 0) // the row before tells where the first one begins
	index := make([]byte, (to-start)*indexEntry)
	if _, err := at.ReadAt(index, size-footerSize-int64(int(count)-start)*indexEntry); err != nil {
		return nil, 0, err
	}
	for i := 0; i < len(index); i += indexEntry {
		ends = append(ends, binary.BigEndian.Uint64(index[i:]))
	}
	if from > 0 {
		first, ends = ends[0], ends[1:]
	}
	return ends, first, nil
}
