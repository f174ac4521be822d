package blob

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
)

// A blob of rows is the rows, each followed by a newline (so that people
// can read it), then the index, then the footer: the number of rows and the
// magic, 8 bytes each. The index has an entry for each row: its end as 8 bytes
// and its checksum as 4, because reading a range never gets to the checksum of the
// whole blob.
const (
	rowsMagic  = "pawrows2"
	footerSize = 16
	indexEntry = 12
)

var rowSums = crc32.MakeTable(crc32.Castagnoli)

// rowEntry is what the index says about a row.
type rowEntry struct {
	end uint64
	sum uint32
}

func (e rowEntry) appendTo(b []byte) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, e.end), e.sum)
}

func entryOf(b []byte) rowEntry {
	return rowEntry{end: binary.BigEndian.Uint64(b), sum: binary.BigEndian.Uint32(b[8:])}
}

// PutRows stores rows (any bytes, usually JSON) as one blob, of which Rows can read
// any range. It returns how many there were. At the first error from rows it stops,
// and nothing is kept.
func PutRows(ctx context.Context, s Store, owner Owner, rows iter.Seq2[[]byte, error]) (Ref, int, error) {
	next, stop := iter.Pull2(rows)
	defer stop()
	enc := &rowEncoder{next: next}
	ref, err := s.Put(ctx, owner, enc)
	return ref, len(enc.index), err
}

// rowEncoder produces the bytes of a blob of rows as it pulls the rows.
type rowEncoder struct {
	next  func() ([]byte, error, bool)
	buf   []byte
	rest  []byte // of buf, still to be read
	pos   uint64
	index []rowEntry
	done  bool
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
		e.index = append(e.index, rowEntry{e.pos, crc32.Checksum(e.buf, rowSums)})
		e.rest = e.buf
		return nil
	}
	e.done = true
	e.buf = e.buf[:0]
	for _, entry := range e.index {
		e.buf = entry.appendTo(e.buf)
	}
	e.buf = binary.BigEndian.AppendUint64(e.buf, uint64(len(e.index)))
	e.rest = append(e.buf, rowsMagic...)
	return nil
}

// Rows reads the rows [from, to) of a blob that PutRows stored, without
// reading the others. If to is beyond the end, it means the end. A row is valid
// until the next one; an error comes last.
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
		return fmt.Errorf("the store %T has no random access", s)
	}
	index, first, err := rowIndex(at, ref.Bytes, from, to)
	if err != nil {
		return err
	}
	var buf []byte
	for i, entry := range index {
		if err := ctx.Err(); err != nil {
			return err
		}
		if entry.end <= first || entry.end > uint64(ref.Bytes) {
			return fmt.Errorf("%w: its index runs backwards", ErrDamaged)
		}
		buf = slices.Grow(buf[:0], int(entry.end-first))[:entry.end-first]
		if _, err := at.ReadAt(buf, int64(first)); err != nil {
			return err
		}
		if crc32.Checksum(buf, rowSums) != entry.sum {
			return fmt.Errorf("%w: the checksum of row %d differs", ErrDamaged, from+i)
		}
		if !give(buf[:len(buf)-1]) { // without the newline
			return nil
		}
		first = entry.end
	}
	return nil
}

// rowIndex reads the part of the index that the rows [from, to) need, and where
// the first of them begins.
func rowIndex(at io.ReaderAt, size int64, from, to int) (entries []rowEntry, first uint64, err error) {
	count, err := rowCount(at, size)
	if err != nil {
		return nil, 0, err
	}
	to = min(to, count)
	if from < 0 || from >= to {
		return nil, 0, nil
	}
	start := max(from-1, 0) // the first row begins where the one before it ends
	index := make([]byte, (to-start)*indexEntry)
	if _, err := at.ReadAt(index, size-footerSize-int64(count-start)*indexEntry); err != nil {
		return nil, 0, err
	}
	for i := 0; i < len(index); i += indexEntry {
		entries = append(entries, entryOf(index[i:]))
	}
	if from > 0 {
		first, entries = entries[0].end, entries[1:]
	}
	return entries, first, nil
}

// rowCount reads how many rows a blob holds. The last one ends where the index
// begins; a count that is too small would silently omit rows.
func rowCount(at io.ReaderAt, size int64) (int, error) {
	var tail [indexEntry + footerSize]byte
	if size < footerSize {
		return 0, fmt.Errorf("%w: it is too short to hold rows", ErrDamaged)
	}
	used := tail[max(0, int64(len(tail))-size):]
	if _, err := at.ReadAt(used, size-int64(len(used))); err != nil {
		return 0, err
	}
	footer := tail[indexEntry:]
	count := binary.BigEndian.Uint64(footer)
	if string(footer[8:]) != rowsMagic || count > uint64(size-footerSize)/(indexEntry+1) {
		return 0, fmt.Errorf("%w: it holds no rows", ErrDamaged)
	}
	begin, last := uint64(size-footerSize)-count*indexEntry, uint64(0)
	if count > 0 {
		last = entryOf(tail[:]).end
	}
	if last != begin {
		return 0, fmt.Errorf("%w: it holds fewer rows than it claims", ErrDamaged)
	}
	return int(count), nil
}
