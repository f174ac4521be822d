// Package layers holds the fence between packages: a table of what each of
// them may import of ours, with a reason in every line, and a test that holds
// the tree to it. It is the executable form of the floor plan in
// docs/architecture.md. Nothing imports it.
//
// A package that the table does not know fails the test. To add one, say on
// which floor it stands: give it a row in the file of its floor (core.go,
// kinds.go, outside.go, …), with a line for each package that it imports. The
// test sketches the row; what it leaves out are the reasons:
//
//	{pkg: "core/task", may: []arrow{
//		{"core/eventstore", "an inbox is a stream"},
//	}, tests: []arrow{
//		{"core/eventstore/sqlite", "a real store"},
//	}},
//
// Names are paths below internal/, or below the module where there is no such
// folder (cmd, bench, examples, test). In a name * stands for one element and
// a final ... for any number, none included: kinds/* is the row of every kind,
// core/... is the whole core. A name that begins with ./ or ../ is relative to
// the importing package: ./... are its own rooms.
//
// The lines of tests say what a package's tests may import besides. A row for
// which there is no package, and a line that nobody uses, fail too; so the
// table stays true. A floor's rows may only point to the floors below it.
package layers
