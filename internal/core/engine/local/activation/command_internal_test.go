package activation

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

func TestCommandsAndTheirRecords(t *testing.T) {
	t.Parallel()
	for of := journal.Created; of <= journal.Fed; of++ {
		kind, ok := commandOf[of]
		if ok != of.IsCommand() || ok && recordOf[kind] != of {
			t.Errorf("%s stands for the command %d, which becomes %s", of, kind, recordOf[kind])
		}
	}
	if recordOf[machine.Continued] != journal.Continued || len(recordOf) != int(machine.Continued)+1 {
		t.Error("the last command has no record")
	}
}
