package enginetest

import (
	"testing"
	"testing/synctest"
)

// Can says what a backend honestly cannot do.
type Can struct {
	// VirtualTime runs each case in a testing/synctest bubble: the backend has
	// no sockets, files or processes. Cases that need days are left out
	// otherwise.
	VirtualTime bool
}

// Case is one promise.
type Case struct {
	Name string
	// Days cases need virtual time.
	Days bool
	Run  func(*H)
}

// Cases are all promises.
func Cases() []Case {
	var all []Case
	for _, topic := range [][]Case{startCases, stepCases, retryCases, flowCases, signalCases, cancelCases, sagaCases, parkCases, answerCases, pauseCases, buildCases, stopCases} {
		all = append(all, topic...)
	}
	return all
}

// Run runs every promise against what open returns.
func Run(t *testing.T, can Can, open func(t *testing.T) Backend) {
	for _, c := range Cases() {
		if c.Days && !can.VirtualTime {
			continue // the same backend runs it on a store without a disk
		}
		t.Run(c.Name, func(t *testing.T) {
			if !can.VirtualTime {
				t.Parallel()
				runCase(t, false, c, open)
				return
			}
			synctest.Test(t, func(t *testing.T) { runCase(t, true, c, open) })
		})
	}
}

func runCase(t *testing.T, virtual bool, c Case, open func(t *testing.T) Backend) {
	h := newH(t, virtual, open)
	defer h.finish()
	c.Run(h)
}
