package activation

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

// recordOf is the type of the record that each command becomes.
var recordOf = [...]journal.Type{
	machine.StepStarted: journal.StepStarted, machine.TimerSet: journal.TimerSet, machine.WaitBegan: journal.WaitBegan, machine.SignalTaken: journal.SignalTaken,
	machine.ChildStarted: journal.ChildStarted, machine.VersionMarked: journal.VersionMarked, machine.Compensating: journal.Compensating,
	machine.Completed: journal.Completed, machine.Failed: journal.Failed, machine.Cancelled: journal.Cancelled, machine.Continued: journal.Continued,
}

// commandOf is the other way round; the zero Kind is that of no command.
var commandOf = func() map[journal.Type]machine.CommandType {
	m := make(map[journal.Type]machine.CommandType, len(recordOf))
	for kind, of := range recordOf {
		if of != journal.Other {
			m[of] = machine.CommandType(kind)
		}
	}
	return m
}()
