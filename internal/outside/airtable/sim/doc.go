// Package sim is a durable simulator of the Airtable Web API: bases, tables, fields, records, links, formulas, rate
// limits and faults, faithful enough for clients that know nothing of it. It shares nothing with our own client, and
// it is not a general database: whatever Airtable's API cannot do, it refuses in the same words. README.md beside it
// documents the admin interface and the choices made where Airtable documents nothing.
//
// This package is the way of a call from HTTP to its response, and the data file. What the call means is decided in
// the rooms below:
//
//	wire      JSON, ids and refusals as Airtable writes them
//	formula   the formula language
//	schema    bases, tables, fields, views
//	cell      one cell: what is taken, stored and shown
//	record    rows: create, update, upsert, delete, links, computed values
//	listing   filters, orders and pages
//	limit     rates and penalties
//	fault     what tests make go wrong
//	quirk     what tests can switch
//	file      the files of attachments
//	journal   lines on disk
package sim
