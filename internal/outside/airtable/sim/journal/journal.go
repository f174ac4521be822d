// Package journal keeps lines of bytes on disk. A line that was waited for survives a SIGKILL and a power cut: the
// appends of many callers share one fsync, each line carries a checksum, and a line that was torn at the end of the
// file is dropped when the file is opened. It does not know what the lines mean, and it is not a database: they are
// read once, when the file is opened.
package journal

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sync"
)

// header is the first line of every file. A file without it is not ours and is never written to.
const header = "airtable-sim data 1\n"

// ErrClosed is what a Ticket reports for a line that came after Close.
var ErrClosed = errors.New("the journal is closed")

// Journal appends lines to one file. It is safe for concurrent use.
type Journal struct {
	path string
	lock *os.File

	mu      sync.Mutex
	file    *os.File
	pending *Ticket // collects lines until the writer takes it; nil when there are none
	newest  *Ticket // the last ticket handed out, pending or not
	size    int64   // bytes in the file and pending
	failed  error   // once a write has failed, nothing more is accepted
	closed  bool

	wake chan struct{}
	done chan struct{}
	sync func(*os.File) error // (*os.File).Sync; tests replace it
}

// Ticket is a promise of durability for the lines of one group.
type Ticket struct {
	lines bytes.Buffer
	done  chan struct{}
	err   error
}

// Wait blocks until the lines are on disk and returns nil, or says why they are not. A nil Ticket is durable.
func (t *Ticket) Wait() error {
	if t == nil {
		return nil
	}
	<-t.done
	return t.err
}

// Append adds one line, which must not contain a newline, and returns at once. The lines are in the order of the
// calls.
func (j *Journal) Append(line []byte) *Ticket {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil || j.closed {
		return j.refusal()
	}
	if j.pending == nil {
		j.pending = &Ticket{done: make(chan struct{})}
		j.newest = j.pending
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
	before := j.pending.lines.Len()
	writeLine(&j.pending.lines, line)
	j.size += int64(j.pending.lines.Len() - before)
	return j.pending
}

// Newest is the ticket of the last line appended. Waiting for it is waiting for everything before it too. It is nil
// when nothing has been appended.
func (j *Journal) Newest() *Ticket {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil {
		return j.refusal()
	}
	return j.newest
}

// Size is the length of the file in bytes, including what is still to be written.
func (j *Journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// Close writes what is pending, waits until it is durable and releases the file. It may be called twice.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	close(j.wake)
	j.mu.Unlock()
	<-j.done
	return errors.Join(j.failed, j.file.Close(), j.lock.Close())
}

// write is the one goroutine that touches the file between Open and Close.
func (j *Journal) write() {
	defer close(j.done)
	for range j.wake {
		j.flush()
	}
	j.flush()
}

// flush makes the pending group durable and releases everyone who waits for it.
func (j *Journal) flush() {
	j.mu.Lock()
	group, file := j.pending, j.file
	j.pending = nil
	j.mu.Unlock()
	if group == nil {
		return
	}
	_, err := file.Write(group.lines.Bytes())
	if err == nil {
		err = j.sync(file)
	}
	if err != nil {
		err = fmt.Errorf("write %s: %w", j.path, err)
		j.mu.Lock()
		j.failed = errors.Join(j.failed, err)
		j.mu.Unlock()
	}
	group.err = err
	group.lines = bytes.Buffer{} // the last ticket stays referenced; its bytes need not
	close(group.done)
}

// refusal is a ticket that has already failed. The caller holds the lock.
func (j *Journal) refusal() *Ticket {
	err := j.failed
	if err == nil {
		err = ErrClosed
	}
	ticket := &Ticket{done: make(chan struct{}), err: err}
	close(ticket.done)
	return ticket
}

// writeLine appends the checksum of a line, a space, the line and a newline.
func writeLine(out *bytes.Buffer, line []byte) {
	fmt.Fprintf(out, "%08x ", crc32.ChecksumIEEE(line))
	out.Write(line)
	out.WriteByte('\n')
}
