package local

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// inputType says what came.
type inputType uint8

const (
	inStart inputType = iota
	inRelease
	inCancel
	inPause
	inResume
	inSignal
	inAnswer
	inStep       // an attempt has ended
	inCheckpoint // an attempt saves one
	inChild      // a child has ended
	inWake       // a timer is due, or there is a place
	inBegin      // the next generation is to begin
	inRecover    // the process has started
)

// input is one thing that came to an execution. It becomes records.
type input struct {
	typ  inputType
	ack  chan<- result // of a host's call; buffered
	meta eventstore.Meta

	start   *start
	release engine.Release
	verdict engine.Answer
	name    string // of a signal
	id      string
	data    json.RawMessage // of a signal or a checkpoint

	attempt *attempt // with its outcome, or that saves a checkpoint
	child   *childEnd
}

// start is a Start with what was read for it.
type start struct {
	engine.Start
	parent *engine.Parent
	origin *origin
	shown  json.RawMessage // the input for people, if the origin had continued
	loaded any
}

// takeOver makes the start one that takes over from an origin.
func (s *start) takeOver(o *origin) {
	s.origin = o
	s.Private = s.Private || o.private
	if !o.named.Fresh && (s.Input == nil || o.continues) { // what the origin continued with
		s.shown, s.Input = s.Input, o.input
	}
}

// childEnd is how a child ended.
type childEnd struct {
	generation int // of the parent
	path       string
	execution  string
	out        json.RawMessage
	err        *engine.Error
}

// acknowledge answers a host's call; for other inputs no one waits.
func (in *input) acknowledge(position int64, err error) {
	if in.ack != nil {
		in.ack <- result{position, err}
	}
}
