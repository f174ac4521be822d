// Package airtable is our client of the Airtable Web API: records, schema,
// the shared limiters, the classification of every failure, and the pure
// helpers by which cells are compared, translated and read incrementally. It
// never retries, stores nothing and knows no workflow.
package airtable
