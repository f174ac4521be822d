package engine

import (
	"math/rand/v2"
	"strconv"
)

// branch is one line of ordinary code inside an execution: its place in the
// tree of paths, its counter and its random numbers.
type branch struct {
	path   string // "" for the first branch, "4.17" for item 17 of the Map at 4
	next   int
	random *rand.Rand
}

// nextPath returns the path of the branch's next durable call.
func (b *branch) nextPath() string {
	b.next++
	if b.path == "" {
		return strconv.Itoa(b.next)
	}
	return b.path + "." + strconv.Itoa(b.next)
}

// itemBranch returns the branch of item i of the Map or All at path.
func itemBranch(path string, i int) *branch {
	return &branch{path: path + "." + strconv.Itoa(i)}
}
