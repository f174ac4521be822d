// Package projection maintains named read models: rows that are folded from the
// events of the store and can be rebuilt at any time. It does not know what the
// rows mean.
//
// # What an owner declares
//
// A [Projection] declares which events it wants, which tables hold its rows, and
// how the events are folded; a [Fold] turns events into a write. Everything else
// is done here for all of them: following the store, the checkpoint, waiting for a
// position, lag, retries, versions and rebuilds.
//
// # What is promised
//
// The checkpoint commits in the same transaction as the rows, so the process may
// die at any moment. Many events are folded in memory and stored in one write:
// while no one is waiting, a follower lets events accumulate for a moment; a
// caller that waits for a position wakes it.
//
// Each projection has its own follower, checkpoint and lag. A slow one does not
// delay the others. An event that cannot be folded stops only the projection
// concerned: it stores what came before, reports the event at which it stopped,
// retries from time to time, and returns an error to callers that wait for it.
// Followers share the recent events in memory; events that must come from disk are
// read once for followers that are close to each other.
//
// In return, a fold must produce the same rows from the same events, whatever the
// time and wherever a batch ends. Package projectiontest checks this.
package projection
