package activation

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// InputKind says what came.
type InputKind uint8

// What comes to an execution.
const (
	Create InputKind = iota
	Release
	Cancel
	Pause
	Resume
	Signal
	Answer
	StepEnded  // an attempt has ended
	Checkpoint // an attempt saves one
	Withdraw   // an attempt did not begin, and the process ends
	ChildEnded
	Wake    // a timer is due, or there is a place
	Begin   // the next generation is to begin
	Recover // the process has started
)

// Input is one thing that came to an execution. It becomes records.
type Input struct {
	Kind InputKind
	Ack  chan<- Result // of a host's call; buffered
	Meta eventstore.Meta

	Start   *Start
	Release engine.Release
	Answer  engine.Answer
	Name    string // of a signal
	ID      string
	Data    json.RawMessage // of a signal or a checkpoint

	Attempt *attempt.Attempt // with its outcome, or that saves a checkpoint
	Child   *ChildEnd
}

// Result is what a host's call gets.
type Result struct {
	Position int64
	Err      error
}

// Reply acknowledges a host's call; for other inputs no one waits.
func (in *Input) Reply(position int64, err error) {
	if in.Ack != nil {
		in.Ack <- Result{position, err}
	}
}

// Start is an engine.Start with what was read for it.
type Start struct {
	engine.Start
	Parent *engine.Parent
	Origin *journal.Origin
	Shown  json.RawMessage // the input for people, if the origin had continued
	Loaded any             // what the function's Load returned
}

// TakeOver makes the start one that takes over from an origin.
func (s *Start) TakeOver(o *journal.Origin) {
	s.Origin = o
	s.Private = s.Private || o.Private
	if !o.Named.Fresh && (s.Input == nil || o.Continues) { // what the origin continued with
		s.Shown, s.Input = s.Input, o.Input
	}
}

// ChildEnd is how a child ended.
type ChildEnd struct {
	Generation int // of the parent
	Path       string
	Execution  string
	State      workflow.ExecutionState
	Out        json.RawMessage
	Err        *engine.Error
}

// Child is an execution that another one waits for.
type Child struct {
	Start  engine.Start
	Parent engine.Parent
	Exists bool // perhaps: another call, or the last process, may have started it
}
