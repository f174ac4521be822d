// Package enginetest holds the promises of a durable engine as cases that any
// backend must pass. A backend is done when Run passes, and only then. A bug
// found in one backend becomes a case for all. It is not for production code.
package enginetest
