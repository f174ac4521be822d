// Package engine is how work survives crashes. A workflow function is ordinary
// Go that blocks; everything it does to the world is a registered, typed step.
// The package gives the functions their [Run], the steps their keys, retries
// and limits, sagas their undos, and names the records that an execution
// leaves behind. How an execution is stored and driven is the business of a
// backend (engine/local) behind [Thread] and [Engine]; the package itself
// stores nothing and starts no goroutine.
//
// # Rules for workflow functions
//
// A workflow function is run again from its beginning after a crash, with the
// recorded results in place of the steps. It must therefore take the same
// turns again: no go statement, channel, clock, dice, lock, I/O or recover; no
// effects in a defer (defers run at every parking); no durable call in map
// order; only its own branch's Run. The lint in engine/lint looks for all of it.
package engine
