package local

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// inputKind says what came.
type inputKind uint8

const (
	inStart inputKind = iota
	inRelease
	inCancel
	inPause
	inResume
	inSignal
	inAnswer
	inStep    // an attempt has ended
	inWake    // a timer is due
	inRecover // the process has started
)

// input is one thing that came to an execution. It becomes records.
type input struct {
	kind inputKind
	ack  chan<- result // of a host's call; buffered
	meta eventstore.Meta

	start   *engine.Start
	path    string // of an answer
	verdict engine.Answer
	name    string // of a signal
	id      string
	data    json.RawMessage

	attempt *attempt // with its outcome
}

// answer acknowledges a host's call; others have nobody to tell.
func (in *input) answer(position int64, err error) {
	if in.ack != nil {
		in.ack <- result{position, err}
	}
}
