// Package airtablesync_test runs whole syncs in one process: the kind on the
// local engine and a SQLite store, against the simulator through the real
// client. It proves what a user would see in the target base.
package airtablesync_test
