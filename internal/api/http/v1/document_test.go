package v1_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var update = flag.Bool("update", false, "rewrite the committed OpenAPI document")

const committed = "../../../../docs/openapi.json"

// The committed document is what clients are generated from; it must be the
// one that the server gives out.
func TestDocumentIsFresh(t *testing.T) {
	t.Parallel()
	fresh := v1.Document()
	if *update {
		if err := os.WriteFile(committed, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, fresh) {
		t.Fatal("docs/openapi.json is stale; run: go test ./internal/api/http/v1 -run TestDocumentIsFresh -update")
	}
}

type operationDoc struct {
	ID         string                                                  `json:"operationId"`
	Summary    string                                                  `json:"summary"`
	Security   []map[string][]string                                   `json:"security"`
	Permission string                                                  `json:"x-permission"`
	Tags       []string                                                `json:"tags"`
	Responses  map[string]struct{ Content map[string]json.RawMessage } `json:"responses"`
}

func parsedDocument(t *testing.T) (paths map[string]map[string]operationDoc, whole map[string]any) {
	t.Helper()
	var d struct {
		OpenAPI string                             `json:"openapi"`
		Paths   map[string]map[string]operationDoc `json:"paths"`
	}
	raw := v1.Document()
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Fatalf("openapi is %q, want 3.1", d.OpenAPI)
	}
	return d.Paths, whole
}

// The paths that the product's description promises.
func TestDocumentHasThePromisedPaths(t *testing.T) {
	t.Parallel()
	paths, _ := parsedDocument(t)
	for _, promised := range []string{
		"post /workflows", "get /workflows/{id}", "put /workflows/{id}", "delete /workflows/{id}",
		"post /workflows/{id}/execute", "post /workflows/{id}/cancel", "post /workflows/{id}/pause", "post /workflows/{id}/resume",
		"get /workflows/{id}/executions", "get /workflows/{id}/metrics", "get /workflows/{id}/health",
		"get /executions/{id}", "get /executions/{id}/steps", "get /executions/{id}/events", "get /executions/{id}/events/stream",
	} {
		method, path, _ := strings.Cut(promised, " ")
		if _, ok := paths["/api/v1"+path][method]; !ok {
			t.Errorf("the document lacks %s", promised)
		}
	}
}

// Every operation says what it needs and fails with problems only.
func TestDocumentSaysPermissionsAndFailures(t *testing.T) {
	t.Parallel()
	paths, _ := parsedDocument(t)
	for path, item := range paths {
		for method, op := range item {
			if (op.Permission == "") != (len(op.Security) == 0) {
				t.Errorf("%s %s: security %v does not fit permission %q", method, path, op.Security, op.Permission)
			}
			for status, response := range op.Responses {
				if strings.HasPrefix(status, "2") {
					continue
				}
				if _, ok := response.Content["application/problem+json"]; !ok || len(response.Content) != 1 {
					t.Errorf("%s %s: status %s is not documented as a problem alone", method, path, status)
				}
			}
		}
	}
}

// What is not public says so; every tag is declared.
func TestDocumentDeclaresSecurityAndTags(t *testing.T) {
	t.Parallel()
	paths, whole := parsedDocument(t)
	var tags []string
	for _, tag := range whole["tags"].([]any) {
		tags = append(tags, tag.(map[string]any)["name"].(string))
	}
	for path, item := range paths {
		for method, op := range item {
			if op.Security == nil {
				t.Errorf("%s %s: nothing is said about security", method, path)
			}
			for _, tag := range op.Tags {
				if !slices.Contains(tags, tag) {
					t.Errorf("%s %s: the tag %s is not declared", method, path, tag)
				}
			}
		}
	}
	info := whole["info"].(map[string]any)
	if info["contact"] == nil || info["license"] == nil {
		t.Errorf("info is %v", info)
	}
}

// Only an optional member of a body may be null, and each of them may.
func TestDocumentSaysWhereNullIs(t *testing.T) {
	t.Parallel()
	_, whole := parsedDocument(t)
	bodies := []string{"CreateWorkflow", "UpdateWorkflow", "Execute", "Redrive", "Answer", "CreateKey"}
	for name, s := range whole["components"].(map[string]any)["schemas"].(map[string]any) {
		schema := s.(map[string]any)
		required, _ := schema["required"].([]any)
		properties, _ := schema["properties"].(map[string]any)
		for member, p := range properties {
			text, _ := json.Marshal(p)
			if null, want := strings.Contains(string(text), `"null"`), slices.Contains(bodies, name) && !slices.Contains(required, any(member)); null != want {
				t.Errorf("%s.%s may be null: %v, want %v", name, member, null, want)
			}
		}
	}
}

// The bodies that the document accepts and refuses are those of the server.
func TestDocumentBoundsNamesAndLabels(t *testing.T) {
	t.Parallel()
	_, whole := parsedDocument(t)
	schemas := whole["components"].(map[string]any)["schemas"].(map[string]any)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("document.json", whole); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("document.json#/components/schemas/CreateWorkflow")
	if err != nil {
		t.Fatal(err)
	}
	body := func(name string, labels map[string]any) map[string]any {
		return map[string]any{"name": name, "type": "test_kind", "config": map[string]any{}, "labels": labels}
	}
	if err := schema.Validate(body("x", map[string]any{"team": "crm", strings.Repeat("€", 256): strings.Repeat("€", 256)})); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]map[string]any{
		"blank name": body(" ", nil), "byte order mark": body("\ufeff", nil), "long name": body(strings.Repeat("x", 201), nil),
		"blank label": body("x", map[string]any{" ": "y"}), "long label": body("x", map[string]any{strings.Repeat("x", 257): "y"}),
		"long value": body("x", map[string]any{"a": strings.Repeat("x", 257)}), "control character": body("x", map[string]any{"a": "\a"}), "in a label": body("x", map[string]any{"a\n": ""}),
	} {
		if bad["labels"].(map[string]any) == nil {
			delete(bad, "labels")
		}
		if schema.Validate(bad) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	scopes, _ := json.Marshal(schemas["CreateKey"].(map[string]any)["properties"].(map[string]any)["scopes"])
	for _, p := range workflow.Permissions() {
		if !strings.Contains(string(scopes), `"`+string(p)+`"`) {
			t.Errorf("the scope %s is not in %s", p, scopes)
		}
	}
}

// Every $ref leads somewhere.
func TestDocumentHasNoDanglingReference(t *testing.T) {
	t.Parallel()
	_, whole := parsedDocument(t)
	schemas := whole["components"].(map[string]any)["schemas"].(map[string]any)
	for _, ref := range regexp.MustCompile(`"\$ref": "#/components/schemas/([^"]+)"`).FindAllSubmatch(v1.Document(), -1) {
		if _, ok := schemas[string(ref[1])]; !ok {
			t.Errorf("the schema %s is referred to and absent", ref[1])
		}
	}
	if _, ok := schemas["ErrorModel"]; ok {
		t.Error("the document describes an error form that is never sent")
	}
}

// A parameter in the path that no operation declares would never be read.
func TestDocumentDeclaresEveryPathParameter(t *testing.T) {
	t.Parallel()
	var d struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string } `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(v1.Document(), &d); err != nil {
		t.Fatal(err)
	}
	for path, item := range d.Paths {
		for method, op := range item {
			for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				declared := slices.ContainsFunc(op.Parameters, func(p struct{ Name, In string }) bool { return p.In == "path" && p.Name == name[1] })
				if !declared {
					t.Errorf("%s %s: the parameter %s is not declared", method, path, name[1])
				}
			}
		}
	}
	execute := d.Paths["/api/v1/workflows/{id}/execute"]["post"].Parameters
	if !slices.ContainsFunc(execute, func(p struct{ Name, In string }) bool { return p.Name == "Idempotency-Key" }) {
		t.Errorf("execute declares %v, want the Idempotency-Key too", execute)
	}
}

// What the page on executions says about addresses is what the document says.
func TestThePageOnExecutionsNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/executions.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(v1.Document())
	for _, m := range regexp.MustCompile("`\\?([a-z_]+)=").FindAllStringSubmatch(string(page), -1) {
		if !regexp.MustCompile(`"in": "query",\s+"name": "` + m[1] + `"`).MatchString(document) {
			t.Errorf("no route takes the query parameter %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`(?:GET|POST) (/[^` ]+)`").FindAllStringSubmatch(string(page), -1) {
		if path := "/api/v1" + strings.TrimPrefix(m[1], "/api/v1"); !strings.Contains(document, `"`+path+`": {`) {
			t.Errorf("there is no route %s", path)
		}
	}
	for _, verb := range []string{"pause", "resume", "cancel", "answer", "redrive", "discard", "rows", "signal"} {
		if !strings.Contains(string(page), "executions "+verb+" EXECUTION") && !strings.Contains(string(page), "| `"+verb+"` |") {
			t.Errorf("nothing is said about how to %s", verb)
		}
	}
}
