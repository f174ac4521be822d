// Package orchestrator is everything that all kinds of workflow share and is
// written once: workflows with immutable versions, the start command, redrives,
// the life cycle and its verbs. It does not run steps (engine does) and knows no
// kind by name. Its rooms: definition and credential (what a workflow is),
// idempotency and payload (what a start brings), admission and dispatch (when it
// begins), progress, query and readmodel (what is shown), cleanup (what is left).
//
// # Commands
//
// A definition is a stream of events, held in memory while it is in use: only
// this process writes to the store, so what it holds is what stands there. A
// start holds its definition for reading and a command for writing, so nothing
// starts while a workflow is being paused or archived. A response that carries
// an idempotency key is stored in the transaction of its effect.
//
// # Places
//
// An execution that finds no place is created as pending and released when
// another ends: by priority, then in order of arrival. The queue is memory; a
// restart makes it again from the executions that are open.
//
// # Reads
//
// Starts and definitions do not wait for the read models. Reads do, and so do the
// commands that return an execution: until the models hold all that was durable
// when they were asked. Whoever got a response or saw an event therefore finds its
// effect, and a burst of starts costs few writes.
package orchestrator
