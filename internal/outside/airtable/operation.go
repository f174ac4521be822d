package airtable

import "net/http"

// operation is what there is to know about a sort of call.
type operation struct {
	name    string // in metrics
	doing   string // "list the records of", followed by the table or the base
	scope   string // that the token needs; "" when any token will do
	effects bool   // whether it changes anything
}

// withScope names the scope that the token needs, for the end of a sentence.
func (o operation) withScope() string {
	if o.scope == "" {
		return ""
	}
	return " with the scope " + o.scope
}

const (
	readRecords  = "data.records:read"
	writeRecords = "data.records:write"
	readSchema   = "schema.bases:read"
	writeSchema  = "schema.bases:write"
)

var (
	opList        = operation{name: "records.list", doing: "list the records of", scope: readRecords}
	opGet         = operation{name: "records.get", doing: "read a record of", scope: readRecords}
	opCreate      = operation{name: "records.create", doing: "create records in", scope: writeRecords, effects: true}
	opUpdate      = operation{name: "records.update", doing: "update records in", scope: writeRecords, effects: true}
	opReplace     = operation{name: "records.replace", doing: "replace records in", scope: writeRecords, effects: true}
	opUpsert      = operation{name: "records.upsert", doing: "upsert records in", scope: writeRecords, effects: true}
	opDelete      = operation{name: "records.delete", doing: "delete records of", scope: writeRecords, effects: true}
	opSchema      = operation{name: "schema.read", doing: "read the schema of", scope: readSchema}
	opCreateBase  = operation{name: "schema.create_base", doing: "create the base", scope: writeSchema, effects: true}
	opCreateTable = operation{name: "schema.create_table", doing: "create a table in", scope: writeSchema, effects: true}
	opCreateField = operation{name: "schema.create_field", doing: "create a field in", scope: writeSchema, effects: true}
	opUpdateTable = operation{name: "schema.update_table", doing: "change", scope: writeSchema, effects: true}
	opUpdateField = operation{name: "schema.update_field", doing: "change a field of", scope: writeSchema, effects: true}
	opWhoami      = operation{name: "whoami", doing: "ask whose token this is"}
)

// request is one call before it is sent.
type request struct {
	op     operation
	method string
	path   string // escaped, below /v0
	query  string // encoded
	base   BaseID // "" where the call concerns no base
	table  TableID
	name   string // of what is created, for messages
	body   any    // marshalled as JSON; nil for none
}

// doing says what the call does, in words.
func (r request) doing() string {
	s := r.op.doing
	if r.name != "" {
		s += " " + quoted(r.name)
	}
	if r.table != "" {
		s += " table " + string(r.table)
		if r.base != "" {
			s += " of"
		}
	}
	if r.base != "" {
		s += " base " + string(r.base)
	}
	return s
}

func quoted(s string) string { return "“" + s + "”" }

// hasBody reports whether the method carries a JSON body.
func (r request) hasBody() bool { return r.body != nil && r.method != http.MethodGet }
