// Package workflow is the vocabulary of the product: what a workflow, a
// version, an execution and a step are, who may do what, and how a command
// fails. Every floor above shares these words. It is not a service: nothing
// here does I/O or keeps state.
package workflow
