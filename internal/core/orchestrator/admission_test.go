package orchestrator

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func key(id string) executionKey { return executionKey{"ws", workflow.ExecutionID(id)} }

// reserve takes a place and, if there was none, queues.
func reserve(t *testing.T, a *admission, id string, of workflow.ID, most, priority int) bool {
	t.Helper()
	p, err := a.reserve(key(id), of, most, priority)
	if err != nil {
		t.Fatal(err)
	}
	running := p.running
	a.created(p)
	return running
}

// released gives places until none is left and returns who got one, in order.
func released(a *admission) []string {
	var out []string
	for p := a.next(); p != nil; p = a.next() {
		out = append(out, string(p.key.id))
	}
	return out
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestAPlaceIsGivenOnce(t *testing.T) {
	a := newAdmission(3, 10)
	equal(t, "first", reserve(t, a, "1", "x", 1, 0), true)
	equal(t, "second of a workflow of one", reserve(t, a, "2", "x", 1, 0), false)
	equal(t, "another workflow", reserve(t, a, "3", "y", 5, 0), true)
	equal(t, "released", len(released(a)), 0)
	a.ended(key("1"))
	equal(t, "released", released(a)[0], "2")
	a.ended(key("2"))
	a.ended(key("3"))
	a.ended(key("3"))
	equal(t, "running", a.running, 0)
	equal(t, "waiting", a.waiting, 0)
	equal(t, "lanes", len(a.lanes), 0)
}

func TestNobodyOvertakesInALane(t *testing.T) {
	a := newAdmission(10, 10)
	reserve(t, a, "1", "x", 1, 0)
	reserve(t, a, "2", "x", 1, 0)
	a.ended(key("1"))
	equal(t, "a newcomer while another waits", reserve(t, a, "3", "x", 1, 0), false)
	equal(t, "released", released(a)[0], "2")
}

func TestWhatWaitsCanBeCancelledHaltedAndGivenBack(t *testing.T) {
	a := newAdmission(1, 10)
	reserve(t, a, "1", "x", 5, 0)
	reserve(t, a, "2", "x", 5, 0)
	reserve(t, a, "3", "y", 5, 9)
	reserve(t, a, "4", "y", 5, 9)
	a.ended(key("3"))
	a.halt("ws", "y", 5, true)
	a.ended(key("1"))
	equal(t, "released past a halted workflow", released(a)[0], "2")
	a.halt("ws", "y", 5, false)
	a.ended(key("2"))
	p := a.next()
	equal(t, "released", string(p.key.id), "4")
	a.giveBack(p)
	equal(t, "running after giving back", a.running, 0)
	equal(t, "released again", released(a)[0], "4")
}

func TestAParkedExecutionKeepsItsWorkflowsPlaceOnly(t *testing.T) {
	a := newAdmission(1, 10)
	reserve(t, a, "1", "x", 1, 0)
	reserve(t, a, "2", "x", 1, 0)
	reserve(t, a, "3", "y", 1, 0)
	a.park(key("1"), true)
	a.park(key("1"), true)
	equal(t, "released", released(a)[0], "3")
	a.park(key("1"), false)
	equal(t, "running beyond the limit", a.running, 2)
	a.ended(key("3"))
	a.ended(key("1"))
	equal(t, "released", released(a)[0], "2")
}

func TestWhatEndedBeforeItWasRestoredIsNotOpen(t *testing.T) {
	a := newAdmission(10, 10)
	a.ended(key("1"))
	a.restore(key("1"), "x", 1, 0, false, false)
	a.restore(key("2"), "x", 1, 0, true, false)
	a.restored()
	equal(t, "the ended one is open", a.isOpen(key("1")), false)
	equal(t, "released", released(a)[0], "2")
	a.ended(key("3"))
	equal(t, "early ends kept", len(a.early), 0)
}
