// Package airtable is our client of the Airtable Web API: records, schema,
// shared limiters, the classification of every failure, and pure helpers that
// compare cells, translate them and read them incrementally. It never retries,
// stores nothing and knows nothing of workflows.
package airtable
