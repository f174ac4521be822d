// Package sim is a durable simulator of the Airtable Web API: bases, tables, fields, records, links,
// formulas, rate limits and faults, good enough for clients that know nothing of it. It shares
// nothing with our own client, and it is not a general database: whatever Airtable's API cannot do,
// it refuses in the same words. README.md beside it documents the admin interface and the choices made where
// Airtable documents nothing.
package sim
