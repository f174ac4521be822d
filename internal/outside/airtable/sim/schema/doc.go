// Package schema is what the simulator knows of bases, tables, fields and views: how they are found, what the API
// lets a caller create and change, and how they look when they are read. It knows no record and no HTTP.
//
// A schema is read through its types and changed through a Change, which can be taken back. Nothing here locks:
// the caller keeps readers and changes apart.
package schema
