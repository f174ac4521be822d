package machine

import "github.com/pyairtable/pyairtable-workflows/internal/core/engine"

// fork is a Map or All in progress.
type fork struct {
	n, next int
	live    int // workers that have not ended
	scope   *scope
	feed    *feeding // of the branch that forks
	fed     bool     // whether that one was fed when it forked
	body    func(i int, t engine.Thread) error
	err     error // the first
}

// Fork runs body on branches of their own and waits for all of them.
func (t *thread) Fork(path string, n, parallel int, body func(i int, t engine.Thread) error) error {
	m := t.enter()
	f := &fork{n: n, scope: &scope{parent: t.scope}, feed: t.feed, fed: t.feed.on, body: body}
	if parallel <= 0 || parallel > n {
		parallel = n
	}
	if parallel <= 1 {
		f.work(m, t.r) // one after the other needs no second routine
		return f.result()
	}
	w := &Wait{Type: waitFork, Path: path, r: t.r, scope: t.scope}
	m.await(w)
	f.live = parallel
	for range parallel {
		m.spawn(func(r *routine) {
			f.work(m, r)
			if f.live--; f.live == 0 {
				m.wake(w)
			}
		})
	}
	t.r.block()
	return f.result()
}

// work takes items until none is left or the fork was cancelled.
func (f *fork) work(m *Machine, r *routine) {
	for f.next < f.n && !f.scope.isCancelled() {
		i := f.next
		f.next++
		feed := &feeding{on: f.fed} // whatever became of the items before it
		err := f.body(i, &thread{m: m, r: r, scope: f.scope, feed: feed})
		f.feed.joined(feed)
		if err != nil && f.err == nil {
			f.err = err
			m.cancelScope(f.scope)
		}
	}
}

func (f *fork) result() error {
	if f.err == nil && f.next < f.n {
		return engine.ErrCancelled
	}
	return f.err
}
