package sim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// operation is one call of the Web API.
type operation struct {
	name  string
	scope string // what the token needs; "" for none
	meta  bool   // is below /v0/meta, and so does not count against the monthly quota
	serve func(*world, *call) (response, *wire.Error)
}

// The operations by method, for each form of path.
var (
	whoamiCalls    = map[string]operation{http.MethodGet: {"whoami", "", true, whoami}}
	basesCalls     = map[string]operation{http.MethodGet: {"list_bases", scopeSchemaRead, true, listBases}, http.MethodPost: {"create_base", scopeSchemaWrite, true, createBase}}
	schemaCalls    = map[string]operation{http.MethodGet: {"get_schema", scopeSchemaRead, true, getSchema}, http.MethodPost: {"create_table", scopeSchemaWrite, true, createTable}}
	oneTableCalls  = map[string]operation{http.MethodPatch: {"update_table", scopeSchemaWrite, true, updateTable}}
	fieldsCalls    = map[string]operation{http.MethodPost: {"create_field", scopeSchemaWrite, true, createField}}
	oneFieldCalls  = map[string]operation{http.MethodPatch: {"update_field", scopeSchemaWrite, true, updateField}}
	enterpriseGet  = map[string]operation{http.MethodGet: {"enterprise_only", "", true, enterpriseOnly}}
	oneBaseCalls   = map[string]operation{http.MethodGet: {"get_base", scopeSchemaRead, true, getBase}, http.MethodDelete: {"enterprise_only", "", true, enterpriseOnly}}
	enterpriseView = map[string]operation{http.MethodGet: {"enterprise_only", "", true, enterpriseOnly}, http.MethodDelete: {"enterprise_only", "", true, enterpriseOnly}}

	recordsCalls = map[string]operation{
		http.MethodGet:    {"list_records", scopeRead, false, listRecords},
		http.MethodPost:   {"create_records", scopeWrite, false, createRecords},
		http.MethodPatch:  {"update_records", scopeWrite, false, updateRecords},
		http.MethodPut:    {"update_records", scopeWrite, false, updateRecords},
		http.MethodDelete: {"delete_records", scopeWrite, false, deleteRecords},
	}
	listCalls   = map[string]operation{http.MethodPost: {"list_records", scopeRead, false, listRecords}}
	recordCalls = map[string]operation{
		http.MethodGet:    {"get_record", scopeRead, false, getRecord},
		http.MethodPatch:  {"update_record", scopeWrite, false, updateRecord},
		http.MethodPut:    {"update_record", scopeWrite, false, updateRecord},
		http.MethodDelete: {"delete_record", scopeWrite, false, deleteRecord},
	}
)

// route finds the operation of a call. It reads the escaped path, since the names of tables may contain slashes, and
// takes a trailing slash. It returns false for unknown paths and malformed ids alike.
func route(method, escaped string) (operation, path, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(escaped, "/"), "/v0/")
	parts, sound := unescaped(rest)
	if !ok || !sound {
		return operation{}, path{}, false
	}
	calls, named := recordRoutes(parts)
	if parts[0] == "meta" {
		calls, named = metaRoutes(parts[1:])
	}
	op, found := calls[method]
	return op, named, found
}

// unescaped are the parts of an escaped path. It returns false when one is empty or malformed.
func unescaped(path string) ([]string, bool) {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" {
			return nil, false
		}
		parts[i] = plain
	}
	return parts, true
}

// recordRoutes are {base}/{table}, {base}/{table}/listRecords and {base}/{table}/{record}.
func recordRoutes(parts []string) (map[string]operation, path) {
	if len(parts) < 2 || !wire.IsID(parts[0], "app") {
		return nil, path{}
	}
	named := path{base: parts[0], table: parts[1]}
	switch {
	case len(parts) == 2:
		return recordsCalls, named
	case len(parts) == 3 && parts[2] == "listRecords":
		return listCalls, named
	case len(parts) == 3 && wire.IsID(parts[2], "rec"):
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
	if len(parts) < 2 || parts[0] != "bases" || !wire.IsID(parts[1], "app") {
		return nil, path{}
	}
	named := path{base: parts[1]}
	if len(parts) == 2 {
		return oneBaseCalls, named
	}
	switch collection, rest := parts[2], parts[3:]; {
	case collection == "views" && (len(rest) == 0 || len(rest) == 1 && wire.IsID(rest[0], "viw")):
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
	case !wire.IsID(parts[0], "tbl"):
	case len(parts) == 1:
		return oneTableCalls, named
	case len(parts) == 2 && parts[1] == "fields":
		return fieldsCalls, named
	case len(parts) == 3 && parts[1] == "fields" && wire.IsID(parts[2], "fld"):
		named.field = parts[2]
		return oneFieldCalls, named
	}
	return nil, path{}
}

// countedAs is the name under which a call is counted.
func (o operation) countedAs(method string) string {
	if o.name == "" {
		return method + " unknown"
	}
	return method + " " + o.name
}
