package engine

import (
	"math/rand/v2"
	"strconv"
)

// branch is one line of ordinary code inside an execution: its place in the
// tree of paths, its counter, and what its keys and random numbers come from.
type branch struct {
	path   string // "" for the first branch, "4.17" for item 17 of the Map at 4
	next   int
	root   Root
	random *rand.Rand
	scopes []Scope // sagas that are open
}

// nextPath returns the path of the branch's next durable call.
func (b *branch) nextPath() string {
	b.next++
	return b.join(b.next)
}

// peek returns what nextPath will return, without taking the number.
func (b *branch) peek() string { return b.join(b.next + 1) }

func (b *branch) join(n int) string {
	if b.path == "" {
		return strconv.Itoa(n)
	}
	return b.path + "." + strconv.Itoa(n)
}

// key is the default idempotency key of the call at path.
func (b *branch) key(path string) string {
	return b.root.Execution + "/" + strconv.Itoa(b.root.Generation) + "/" + path
}

// item returns the branch of item i of the Map or All at path.
func (b *branch) item(path string, i int) *branch {
	return &branch{path: path + "." + strconv.Itoa(i), root: b.root}
}

// enter opens a saga at the branch's next call.
func (b *branch) enter() Scope {
	s := Scope{Path: b.peek()}
	for _, around := range b.scopes {
		if around.Path == s.Path {
			s.Depth++
		}
	}
	b.scopes = append(b.scopes, s)
	return s
}

// leave closes the saga that was opened last.
func (b *branch) leave() { b.scopes = b.scopes[:len(b.scopes)-1] }

// rooted runs fn while the branch's keys and random numbers come from another
// root. The numbers of the scope are a stream of their own: those that the
// undone attempt drew must not come again.
func (b *branch) rooted(root Root, scope Scope, fn func()) {
	was, random := b.root, b.random
	b.root, b.random = root, newRandom(root, "scope "+scope.String())
	defer func() { b.root, b.random = was, random }()
	fn()
}
