// Package layers is the fence between packages: a table of which of our packages
// each of them may import, with a reason in every line, and a test that holds the
// tree to it. It is the executable form of the floor plan in
// docs/architecture.md. Nothing imports it.
//
// A package that is not in the table fails the test. To add one, say which floor
// it belongs to: give it a row in the file of that floor (core.go, kinds.go,
// outside.go, …), with a line for each package that it imports. The test proposes
// the row; you add the reasons:
//
//	{pkg: "core/task", may: []arrow{
//		{"core/eventstore", "an inbox is a stream"},
//	}, tests: []arrow{
//		{"core/eventstore/sqlite", "a real store"},
//	}},
//
// Names are paths below internal/, or below the module for packages outside it
// (cmd, bench, examples, test). In a name * stands for one element and a final ...
// for any number of them, or none: kinds/* is the row of every kind, core/... is
// the whole core. A name that begins with ./ or ../ is relative to the importing
// package: ./... are its own rooms.
//
// The lines under tests are what a package's tests may import in addition. A row
// without a package and a line that nothing uses fail as well, so the table stays
// true. The rows of a floor may point only to that floor and to those below it.
package layers
