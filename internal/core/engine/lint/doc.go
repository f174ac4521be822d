// Package lint looks for code in workflow functions that would take another
// turn when it is replayed. A workflow function is any function or literal
// whose first parameter is an engine.Run. The lint reads syntax only, no types:
// it finds what people do by habit, and is no proof. What it cannot see, the
// engine finds on replay and parks.
//
// A line that breaks a rule on purpose has the comment
//
//	//enginelint:ignore why
//
// at its end or on the line above.
package lint
