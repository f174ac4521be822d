// Package projection keeps named read models: rows that are folded from the
// events of the store and can be dropped and made again at any time. It does not
// know what the rows mean.
//
// # What an owner declares
//
// A [Projection] says by data which events it wants, which tables its rows are in
// and how they are folded; a [Fold] turns events into a write. Everything else is
// here, once for all: following the store, the checkpoint, waiting for a
// position, lag, retries, versions and rebuilds.
//
// # What is promised
//
// The checkpoint commits in the transaction of the rows, so that a process may
// die at any moment. Many events are folded in memory and stored by one write:
// while nobody waits, a follower lets events collect for a moment; whoever waits
// for a position wakes it.
//
// Each projection has its own follower, checkpoint and lag. A slow one holds
// nobody up. An event that one of them cannot fold stops that one alone: it stores
// what came before, says at which event it stopped, tries again now and then, and
// fails those who wait for it. What is in memory is read from there by all; what
// must be read from disk is read once for followers that are near each other.
//
// In return a fold must make the same rows of the same events, whatever the clock
// says and wherever a batch ends. Package projectiontest checks that.
package projection
