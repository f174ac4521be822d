// Package orchestrator is everything that all kinds of workflow share and is
// written once: definitions with immutable versions, the start command, the
// life cycle and its verbs, concurrency, read models, watching, health. It
// does not run steps (engine does) and knows no kind by name.
package orchestrator
