package relational

import "github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"

// generation bounds each of the two generations of the version cache.
const generation = 16384

// head is the last state of a stream. It belongs to the writer's goroutine.
type head struct {
	key     int64 // zero: not in the database yet
	version int64
	label   label
}

// versions remembers the heads of the streams touched last. It needs no other
// check against the database because this process owns the store and every
// transaction checks that it still does. The zero value is empty.
type versions struct{ young, old map[eventstore.StreamID]*head }

func (v *versions) get(id eventstore.StreamID) *head {
	if h := v.young[id]; h != nil {
		return h
	}
	h := v.old[id]
	if h != nil {
		v.put(id, h)
	}
	return h
}

func (v *versions) put(id eventstore.StreamID, h *head) { v.young[id] = h }

// age lets go of the streams that nobody has touched for a generation. It is
// called between commits, so that a commit finds all the heads that it loaded.
func (v *versions) age() {
	if v.young == nil || len(v.young) >= generation {
		v.old, v.young = v.young, make(map[eventstore.StreamID]*head, 256)
	}
}
