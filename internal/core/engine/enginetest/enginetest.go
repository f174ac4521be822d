package enginetest

import (
	"slices"
	"testing"
	"testing/synctest"
)

// Can says what a backend is able to do. A case that needs more is skipped, and
// the skip names what is missing.
type Can struct {
	// VirtualTime runs each case in a testing/synctest bubble: nothing of the
	// backend waits for a socket or another process. Cases that last days need it.
	VirtualTime bool
	// SecondProcess: a process can be killed, and the next one goes on with what
	// it has left.
	SecondProcess bool
	// AtomicActivation: an input and all that the function answered to it become
	// durable at once, and in one store, so that a process can be killed between
	// any two appends.
	AtomicActivation bool
	// VirtualElsewhere says that the same engine runs on another store that has
	// virtual time: what needs it is left out here.
	VirtualElsewhere bool
}

// Case is one promise.
type Case struct {
	Name string
	// Days cases need virtual time, Atomic ones an atomic activation.
	Days, Atomic bool
	Run          func(*H)
}

// Cases are all promises.
func Cases() []Case {
	return slices.Concat(startCases, releaseCases, openCases, stepCases, writeCases, callCases, labelCases, retryCases, checkpointCases,
		flowCases, awaitCases, versionCases, signalCases, selectCases, cancelCases, sagaCases, parkCases, answerCases, pauseCases,
		childCases, childCrashCases, continueCases, redriveCases, redriveScopeCases, redriveChainCases, redriveChildCases, privateCases, buildCases, stopCases)
}

// Run runs every promise against what open returns.
func Run(t *testing.T, can Can, open func(t *testing.T) Backend) {
	t.Helper()
	for _, c := range Cases() {
		if c.Days && can.VirtualElsewhere {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			switch {
			case c.Days && !can.VirtualTime:
				t.Skip("needs Can.VirtualTime")
			case c.Atomic && !can.AtomicActivation:
				t.Skip("needs Can.AtomicActivation")
			case can.VirtualTime:
				synctest.Test(t, func(t *testing.T) { runCase(t, can, c, open) })
			default:
				runCase(t, can, c, open)
			}
		})
	}
}

func runCase(t *testing.T, can Can, c Case, open func(t *testing.T) Backend) {
	h := newH(t, can, open)
	defer h.finish()
	c.Run(h)
}
