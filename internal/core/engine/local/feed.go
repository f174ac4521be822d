package local

import "time"

// consume lets a record act: inputs are fed, or held back while the gate is
// shut. It is the same for live inputs and for replay.
func (x *exec) consume(r *record) {
	shut := x.l.gated()
	x.l.see(r)
	if x.m == nil {
		return
	}
	switch r.kind {
	case kindStarted, kindStepCompleted, kindStepFailed, kindTimerFired, kindSignal:
		if shut {
			x.l.hold(r)
			return
		}
		x.m.now = fromMicro(r.T)
		x.feed(r)
	case kindCancelRequested:
		if r.Reason == forced {
			return
		}
		x.m.now = fromMicro(r.T)
		x.m.cancel()
		x.openGate(shut)
	case kindResumed, kindUnparked, kindRecovered:
		x.m.now = fromMicro(r.T)
		x.openGate(shut)
	}
}

// openGate feeds what was held back, if nothing shuts the gate any more.
func (x *exec) openGate(shut bool) {
	if !shut || x.l.gated() {
		return
	}
	held := x.l.held
	x.l.held = nil
	for _, r := range held {
		if x.m.failed != nil {
			return
		}
		if r.kind == kindStepCompleted || r.kind == kindStepFailed {
			delete(x.l.notes, r.Path)
		}
		x.feed(r)
	}
}

func (x *exec) feed(r *record) {
	switch r.kind {
	case kindStarted:
		x.m.start(x.l.input)
	case kindStepCompleted, kindStepFailed:
		x.m.stepEnded(r)
	case kindTimerFired:
		x.m.timerFired(r.Path)
	case kindSignal:
		x.m.signal(r.Name, r.Out)
	}
}

// nextWake returns when the execution has to be woken, in µs; zero means that
// something from outside must come.
func (x *exec) nextWake(now time.Time) int64 {
	l := x.l
	if l.ended != "" || l.paused || l.drained {
		return 0
	}
	if l.parked {
		return l.quotaEnds()
	}
	if x.m == nil {
		return x.wakeAt
	}
	var at int64
	for w := x.m.first; w != nil; w = w.next {
		due := micro(w.at)
		if w.kind == waitStep {
			n := l.notes[w.path]
			if n == nil || n.retryAt == 0 || x.running[w.path] != nil {
				continue
			}
			due = max(n.retryAt, now.UnixMicro())
		}
		if due != 0 && (at == 0 || due < at) {
			at = due
		}
	}
	return at
}
