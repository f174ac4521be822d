// Package airtablesync shows what a sync of two bases survives: as a story to
// watch (Demo) and as a stress test (Torture). It drives the server from outside
// and shares nothing with the sync that it judges but the name of the external-ID
// field.
package airtablesync
