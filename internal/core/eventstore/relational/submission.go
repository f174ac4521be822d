package relational

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// maxName bounds workspaces, stream types, stream ids and event types, in bytes.
const maxName = 255

// submission is one batch on its way through the committer.
type submission struct {
	batch    eventstore.Batch
	metas    [][]byte // encoded, one per event in the batch's order
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
			s.err = invalid("stream %s stands in it twice", a.Stream)
			return s
		}
		total += len(a.Events)
	}
	s.metas = make([][]byte, 0, total)
	for _, a := range b.Streams {
		for i := range a.Events {
			meta, err := prepare(&a.Events[i])
			if err != nil {
				s.err = err
				return s
			}
			s.metas = append(s.metas, meta)
		}
	}
	return s
}

// prepare checks one event and encodes its meta column.
func prepare(e *eventstore.NewEvent) ([]byte, error) {
	if err := checkName("an event's type", e.Type); err != nil {
		return nil, err
	}
	if e.Data != nil && !json.Valid(e.Data) {
		return nil, invalid("the data of %s is no JSON", e.Type)
	}
	if e.Data != nil && !utf8.Valid(e.Data) {
		return nil, invalid("the data of %s is no UTF-8", e.Type)
	}
	if e.Schema < 0 {
		return nil, invalid("the schema of %s is %d", e.Type, e.Schema)
	}
	meta, err := encodeMeta(e.Meta)
	if err != nil {
		return nil, invalid("the metadata of %s: %v", e.Type, err)
	}
	return meta, nil
}

func checkStream(a eventstore.StreamAppend) error {
	if a.Expected < eventstore.Any {
		return invalid("stream %s: expected version %d", a.Stream, a.Expected)
	}
	if a.Stream.Workspace != "" {
		if err := checkName("a workspace", a.Stream.Workspace); err != nil {
			return err
		}
	}
	if err := checkName("a stream's type", a.Stream.Type); err != nil {
		return err
	}
	return checkName("a stream's id", a.Stream.ID)
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return invalid("%s has %d bytes; 1 to %d are allowed", what, len(name), maxName)
	}
	if strings.IndexByte(name, 0) >= 0 || !utf8.ValidString(name) {
		return invalid("%s %q is no plain text", what, name)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &eventstore.InvalidError{Reason: fmt.Sprintf(format, args...)}
}
