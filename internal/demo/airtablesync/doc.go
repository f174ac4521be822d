// Package airtablesync shows what a sync of two bases survives: as a demonstration
// (Demo) and as a stress test (Torture). It drives the server from the outside and
// shares nothing with the sync that it judges except the name of the external-ID
// field.
package airtablesync
