// Package admission decides which executions are at work: how many of one
// workflow have begun (its lane) and how many are at work in the process
// (places). An execution that waits for its start, for a time, a signal or a
// person holds no place. A begun one keeps its lane until it ends, unless its
// kind frees the lane together with the place.
//
// Memory holds counts, the heads of queues and the executions at work, never an
// object per waiting execution. The package is state behind a lock: who starts
// and releases executions, and where the pending ones are stored, is the
// business of its user.
package admission
