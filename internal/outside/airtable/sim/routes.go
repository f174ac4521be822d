package sim

import (
	"net/http"
	"net/url"
	"strings"
)

// operation is one call of the Web API.
type operation struct {
	name  string
	scope string // what the token needs; "" for none
	meta  bool   // below /v0/meta: answers also when the monthly quota is used up
	serve func(*Sim, *request) (answer, *apiError)
}

// path is what a call's path names; what it does not name is empty.
type path struct{ base, table, record, field string }

// The scopes of the operations.
const (
	scopeRead        = "data.records:read"
	scopeWrite       = "data.records:write"
	scopeSchemaRead  = "schema.bases:read"
	scopeSchemaWrite = "schema.bases:write"
	scopeEmail       = "user.email:read"
)

// The operations by method, below the shapes of paths that have them.
var (
	whoamiCalls    = map[string]operation{http.MethodGet: {"whoami", "", true, (*Sim).whoami}}
	basesCalls     = map[string]operation{http.MethodGet: {"list_bases", scopeSchemaRead, true, (*Sim).listBases}, http.MethodPost: {"create_base", scopeSchemaWrite, true, (*Sim).createBase}}
	schemaCalls    = map[string]operation{http.MethodGet: {"get_schema", scopeSchemaRead, true, (*Sim).getSchema}, http.MethodPost: {"create_table", scopeSchemaWrite, true, (*Sim).createTable}}
	oneTableCalls  = map[string]operation{http.MethodPatch: {"update_table", scopeSchemaWrite, true, (*Sim).updateTable}}
	fieldsCalls    = map[string]operation{http.MethodPost: {"create_field", scopeSchemaWrite, true, (*Sim).createField}}
	oneFieldCalls  = map[string]operation{http.MethodPatch: {"update_field", scopeSchemaWrite, true, (*Sim).updateField}}
	enterpriseGet  = map[string]operation{http.MethodGet: {"enterprise_only", "", true, (*Sim).enterpriseOnly}}
	enterpriseBase = map[string]operation{http.MethodDelete: {"enterprise_only", "", true, (*Sim).enterpriseOnly}}
	enterpriseView = map[string]operation{http.MethodGet: {"enterprise_only", "", true, (*Sim).enterpriseOnly}, http.MethodDelete: {"enterprise_only", "", true, (*Sim).enterpriseOnly}}

	recordsCalls = map[string]operation{
		http.MethodGet:    {"list_records", scopeRead, false, (*Sim).listRecords},
		http.MethodPost:   {"create_records", scopeWrite, false, (*Sim).createRecords},
		http.MethodPatch:  {"update_records", scopeWrite, false, (*Sim).updateRecords},
		http.MethodPut:    {"update_records", scopeWrite, false, (*Sim).updateRecords},
		http.MethodDelete: {"delete_records", scopeWrite, false, (*Sim).deleteRecords},
	}
	listCalls   = map[string]operation{http.MethodPost: {"list_records", scopeRead, false, (*Sim).listRecords}}
	recordCalls = map[string]operation{
		http.MethodGet:    {"get_record", scopeRead, false, (*Sim).getRecord},
		http.MethodPatch:  {"update_record", scopeWrite, false, (*Sim).updateRecord},
		http.MethodPut:    {"update_record", scopeWrite, false, (*Sim).updateRecord},
		http.MethodDelete: {"delete_record", scopeWrite, false, (*Sim).deleteRecord},
	}
)

// route finds the operation of a call. It reads the escaped path, since names of tables may hold slashes,
// takes a trailing slash, and answers false for unknown paths and malformed ids alike.
func route(method, escaped string) (operation, path, bool) {
	parts := strings.Split(strings.TrimSuffix(escaped, "/"), "/")
	if len(parts) < 3 || parts[0] != "" || parts[1] != "v0" {
		return operation{}, path{}, false
	}
	parts = parts[2:]
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" {
			return operation{}, path{}, false
		}
		parts[i] = plain
	}
	calls, named := recordRoutes(parts)
	if parts[0] == "meta" {
		calls, named = metaRoutes(parts[1:])
	}
	op, found := calls[method]
	return op, named, found
}

// recordRoutes are {base}/{table}, {base}/{table}/listRecords and {base}/{table}/{record}.
func recordRoutes(parts []string) (map[string]operation, path) {
	if len(parts) < 2 || !isID(parts[0], "app") {
		return nil, path{}
	}
	named := path{base: parts[0], table: parts[1]}
	switch {
	case len(parts) == 2:
		return recordsCalls, named
	case len(parts) == 3 && parts[2] == "listRecords":
		return listCalls, named
	case len(parts) == 3 && isID(parts[2], "rec"):
		named.record = parts[2]
		return recordCalls, named
	}
	return nil, path{}
}

// metaRoutes are the paths below meta.
func metaRoutes(parts []string) (map[string]operation, path) {
	if len(parts) == 1 {
		return map[string]map[string]operation{"whoami": whoamiCalls, "bases": basesCalls, "workspaces": enterpriseGet}[parts[0]], path{}
	}
	if len(parts) < 2 || parts[0] != "bases" || !isID(parts[1], "app") {
		return nil, path{}
	}
	named := path{base: parts[1]}
	if len(parts) == 2 {
		return enterpriseBase, named
	}
	switch collection, rest := parts[2], parts[3:]; {
	case collection == "views" && (len(rest) == 0 || len(rest) == 1 && isID(rest[0], "viw")):
		return enterpriseView, named
	case collection == "tables":
		return tableRoutes(rest, named)
	}
	return nil, path{}
}

// tableRoutes are the paths below meta/bases/{base}/tables.
func tableRoutes(parts []string, named path) (map[string]operation, path) {
	if len(parts) == 0 {
		return schemaCalls, named
	}
	named.table = parts[0]
	switch {
	case !isID(parts[0], "tbl"):
	case len(parts) == 1:
		return oneTableCalls, named
	case len(parts) == 2 && parts[1] == "fields":
		return fieldsCalls, named
	case len(parts) == 3 && parts[1] == "fields" && isID(parts[2], "fld"):
		named.field = parts[2]
		return oneFieldCalls, named
	}
	return nil, path{}
}
