package relational

import (
	"slices"
	"sync/atomic"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// submission is one batch on its way through the committer.
type submission struct {
	batch    eventstore.Batch
	metas    [][]byte // encoded, one per event in the batch's order
	bytes    int      // of data, journals and metadata
	done     func(eventstore.Appended, error)
	err      error
	appended eventstore.Appended
	state    atomic.Int32
}

const (
	waiting int32 = iota
	begun
	withdrawn
)

func (s *submission) begin() bool    { return s.state.CompareAndSwap(waiting, begun) }
func (s *submission) withdraw() bool { return s.state.CompareAndSwap(waiting, withdrawn) }

func (s *submission) finish() {
	if s.err != nil {
		s.done(eventstore.Appended{}, s.err)
		return
	}
	s.done(s.appended, nil)
}

// newSubmission does on the caller's side what needs no transaction: checks and
// encoding. A batch that can never be stored carries its error.
func newSubmission(b eventstore.Batch, done func(eventstore.Appended, error)) *submission {
	s := &submission{batch: b, done: done}
	total := 0
	for i, a := range b.Streams {
		if s.err = checkStream(a); s.err != nil {
			return s
		}
		if slices.ContainsFunc(b.Streams[:i], func(o eventstore.StreamAppend) bool { return o.Stream == a.Stream }) {
			s.err = invalid("stream %s is in it twice", a.Stream)
			return s
		}
		total += len(a.Events)
	}
	s.metas = make([][]byte, 0, total)
	for _, a := range b.Streams {
		for i := range a.Events {
			meta, size, err := prepare(&a.Events[i])
			if err != nil {
				s.err = err
				return s
			}
			s.metas = append(s.metas, meta)
			s.bytes += size
		}
	}
	if s.bytes > maxBatchBytes {
		s.err = invalid("it has %d bytes, at most %d are allowed", s.bytes, maxBatchBytes)
	}
	return s
}
