package local

import (
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// submit hands the append to the store and acts on what needs no commit.
func (a *activation) submit() {
	x := a.x
	a.state = x.l.state()
	x.settle(a.now)
	if len(a.events) == 0 {
		x.publish(a.state)
		for _, at := range a.starts {
			x.e.begin(at)
		}
		a.beginReads()
		return
	}
	x.mu.Lock()
	x.commits++
	x.mu.Unlock()
	x.e.active.Add(1)
	x.e.store.Submit(eventstore.Batch{
		Streams: []eventstore.StreamAppend{{Stream: x.stream(), Expected: a.expected, Events: a.events}},
		Inline:  a.inline,
	}, a.committed)
	a.beginReads()
}

func (a *activation) beginReads() {
	for _, at := range a.reads {
		a.x.e.begin(at)
	}
}

// publish shows a state that needs no commit, unless a commit is on its way.
func (x *exec) publish(s engine.State) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.commits == 0 {
		x.state, x.definition = s, x.l.info.Definition
	}
}

// settle notes when the execution has to be woken and whether it may go.
func (x *exec) settle(now time.Time) {
	wake := x.nextWake(now)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.definition = x.l.info.Definition
	x.wakeAt = wake
	hot := wake != 0 && x.e.o.KeepHot > 0 && time.UnixMicro(wake).Sub(now) <= x.e.o.KeepHot
	x.evictable = x.m != nil && len(x.running) == 0 && !hot && x.l.ended == ""
}

// committed runs on the store's side; it takes no lock that anybody holds
// while waiting.
func (a *activation) committed(done eventstore.Appended, err error) {
	x := a.x
	defer x.e.leave()
	if err != nil {
		a.err = err
		x.commitFailed(a)
		return
	}
	for _, at := range a.stops { // before it can begin
		at.abort()
	}
	for _, at := range a.starts {
		x.e.begin(at)
	}
	x.mu.Lock()
	x.position, x.state = done.Position, a.state
	x.commits--
	var due []answer
	if x.commits == 0 {
		due, x.waiting = x.waiting, nil
		x.quieten()
		x.arm()
	}
	x.gone = x.gone || a.ended != ""
	again := !x.busy && x.commits == 0 && (x.evictable || len(x.failed) > 0)
	if again {
		x.busy = true
		x.e.active.Add(1)
	}
	definition := x.definition
	x.mu.Unlock()
	a.tell(done.Position, due, definition)
	if again {
		go func() {
			defer x.e.leave()
			x.work()
		}()
	}
}

// tell answers the callers and those who watch.
func (a *activation) tell(position int64, due []answer, definition string) {
	x := a.x
	x.e.open.saw(x.key, position, a.created, a.ended != "")
	a.measure()
	for _, w := range append(a.acks, due...) {
		w.to <- result{position, w.err}
	}
	if a.ended != "" {
		x.e.forget(x)
		x.e.o.Observer.Ended(x.key.workspace, x.key.execution, definition, a.ended)
	}
}
