// Package airtablesync tells what a sync of two bases can bear: as a story to
// watch (Demo) and as a trial without mercy (Torture). It drives the server
// from outside and shares nothing with the sync that it judges but the name of
// the external-id field.
package airtablesync
