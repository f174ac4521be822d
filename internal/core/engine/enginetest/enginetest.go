package enginetest

import (
	"slices"
	"testing"
	"testing/synctest"
)

// Cases are all promises.
func Cases() []Case {
	return slices.Concat(startCases, releaseCases, openCases, stepCases, writeCases, callCases, labelCases, textCases, retryCases, checkpointCases,
		flowCases, awaitCases, versionCases, signalCases, selectCases, cancelCases, sagaCases, parkCases, answerCases, pauseCases,
		childCases, childCrashCases, continueCases, redriveCases, redriveLifeCases, redriveScopeCases, redriveChainCases, redriveChildCases, privateCases, buildCases, stopCases)
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
