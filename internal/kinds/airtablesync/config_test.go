package airtablesync

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pyairtable/pyairtable-workflows/examples"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// declared is the kind, to validate with.
var declared = New(Options{})

const bases = `"source_bases":[{"base_id":"appS","api_key":"secret:sec_k","tables":["People","Deals"]}],` +
	`"target_bases":[{"base_id":"appT","api_key":"secret:sec_k","tables":["People","Deals"]}]`

func TestValidateConfig(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config   string
		errors   []string // pointer code
		warnings []string
		says     string // part of the first error
	}{
		"the smallest":  {config: `{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k"}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k"}]}`},
		"not an object": {config: `[]`, errors: []string{" invalid"}},
		"no JSON":       {config: `{`, errors: []string{" invalid"}},
		"nothing":       {config: `{}`, errors: []string{"/source_bases required", "/target_bases required"}},
		"empty lists": {config: `{"source_bases":[],"target_bases":[]}`,
			errors: []string{"/source_bases required", "/target_bases required"}},
		"all faults at once": {
			config: `{"source_bases":[{"base_id":"S","tables":[]}],"target_bases":[{"base_id":"appT","api_key":7}],"batch_size":0}`,
			errors: []string{"/source_bases/0/api_key required", "/source_bases/0/base_id invalid", "/source_bases/0/tables invalid",
				"/target_bases/0/api_key invalid", "/batch_size invalid"},
		},
		"unknown keys": {config: `{` + bases + `,"batchsize":5,"source_bases2":1}`,
			errors: []string{"/batchsize unknown_key", "/source_bases2 unknown_key"}, says: `did you mean "batch_size"?`},
		"unknown key in a base": {config: `{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k","table":["A"]}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k"}]}`,
			errors: []string{"/source_bases/0/table unknown_key"}, says: `did you mean "tables"?`},
		"real time": {config: `{` + bases + `,"real_time_sync":true}`, warnings: []string{"/real_time_sync not_available"}},
		"another strategy": {config: `{` + bases + `,"conflict_resolution":"merge"}`,
			errors: []string{"/conflict_resolution not_available"}, says: "not available yet"},
		"a wrong strategy": {config: `{` + bases + `,"conflict_resolution":"source_win"}`,
			errors: []string{"/conflict_resolution invalid"}, says: `did you mean "source_wins"?`},
		"batch size too large": {config: `{` + bases + `,"batch_size":101}`, errors: []string{"/batch_size invalid"}},
		"batch size no number": {config: `{` + bases + `,"batch_size":"100"}`, errors: []string{"/batch_size invalid"}},
		"base listed twice": {config: `{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k"},{"base_id":"appS","api_key":"secret:sec_k"}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k"}]}`,
			errors: []string{"/source_bases/1/base_id duplicate"}},
		"rule with an unlisted source": {config: `{` + bases + `,"sync_rules":[{"source_table":"Peple","target_table":"People"}]}`,
			errors: []string{"/sync_rules/0/source_table unlisted_table"}, says: `did you mean "People"?`},
		"rule with an unlisted target": {config: `{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"Persons"}]}`,
			errors: []string{"/sync_rules/0/target_table unlisted_table"}, warnings: []string{"/target_bases/0/tables/0 unused"}},
		"rule where all tables are meant": {
			config: `{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k"}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k"}],"sync_rules":[{"source_table":"A","target_table":"B"}]}`},
		"rule twice": {config: `{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"People"},{"source_table":"People","target_table":"People"}]}`,
			errors: []string{"/sync_rules/1 duplicate"}},
		"field mapping": {
			config: `{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"A":"X","B":"x","a/b":7,"C":"Source Record ID"}}]}`,
			errors: []string{"/sync_rules/0/field_mapping/B duplicate", "/sync_rules/0/field_mapping/a~1b invalid", "/sync_rules/0/field_mapping/C invalid"}},
		"empty field mapping": {config: `{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{}}]}`,
			errors: []string{"/sync_rules/0/field_mapping invalid"}},
		"listed source without a target": {
			config: `{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k","tables":["A","B"]}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k","tables":["A"]}]}`,
			errors: []string{"/source_bases/0/tables/1 unlisted_table"}},
		"listed target without a source": {
			config:   `{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k","tables":["A"]}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k","tables":["A","B"]}]}`,
			warnings: []string{"/target_bases/0/tables/1 unused"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := declared.Validate(json.RawMessage(test.config))
			if diff := cmp.Diff(test.errors, codes(got.Errors)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, codes(got.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if test.says != "" && !strings.Contains(got.Errors[0].Detail, test.says) {
				t.Errorf("%q does not say %q", got.Errors[0].Detail, test.says)
			}
		})
	}
}

func codes(problems []workflow.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Pointer+" "+p.Code)
	}
	return all
}

func TestValidateInput(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		``:                                     nil,
		`null`:                                 nil,
		`{}`:                                   nil,
		`{"mode":"full","allow_deletes":true}`: nil,
		`{"mode":"auto"}`:                      nil,
		`{"mode":"incremental"}`:               nil,
		`{"allow_deletes":true}`:               nil,
		`{"mode":"incremental","allow_deletes":true}`: {"/allow_deletes invalid"},
		`{"mode":"fast"}`:         {"/mode invalid"},
		`{"mode":""}`:             {"/mode invalid"},
		`{"mode":7}`:              {"/mode invalid"},
		`{"allow_deletes":"yes"}`: {"/allow_deletes invalid"},
		`{"alow_deletes":true}`:   {"/alow_deletes unknown_key"},
		`[]`:                      {" invalid"},
	}
	for input, want := range tests {
		if diff := cmp.Diff(want, codes(declared.ValidateInput(json.RawMessage(`{`+bases+`}`), json.RawMessage(input)).Errors)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", input, diff)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := strictjson.For[Config]().DecodeStored([]byte(`{` + bases + `}`))
	if err != nil || got.BatchSize != 100 || got.ConflictResolution != "source_wins" || got.ExternalIDField != DefaultExternalIDField {
		t.Errorf("%v, defaults: %+v", err, got)
	}
	in, err := strictjson.For[Input]().DecodeStored([]byte(`{}`))
	if err != nil || in.Mode != ModeAuto || in.AllowDeletes {
		t.Errorf("%v, defaults: %+v", err, in)
	}
}

// Only a full run can make deletes, so that allowing them asks for one.
func TestSettled(t *testing.T) {
	t.Parallel()
	for in, want := range map[Input]Mode{
		{Mode: ModeAuto}: ModeAuto, {Mode: ModeFull}: ModeFull, {Mode: ModeIncremental}: ModeIncremental,
		{Mode: ModeAuto, AllowDeletes: true}: ModeFull, {Mode: ModeFull, AllowDeletes: true}: ModeFull,
		{Mode: ModeIncremental, AllowDeletes: true}: ModeIncremental, // refused before, and no reason to read everything
	} {
		if got := in.settled(); got.Mode != want || got.AllowDeletes != in.AllowDeletes {
			t.Errorf("%+v: %+v", in, got)
		}
	}
}

func TestTheKindIsInOrder(t *testing.T) {
	t.Parallel()
	if _, err := kind.NewSet(New(Options{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/source_bases/*/api_key", "/target_bases/*/api_key"}, declared.SecretPointers()); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

// The examples are documents as people send them: with credentials in the clear,
// which are stored apart before a configuration is validated.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	sent := strictjson.For[Config](strictjson.NewCredentials())
	for name, warnings := range map[string]int{"airtable-sync.json": 1, "crm-sync.json": 0} {
		raw, err := examples.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := sent.ReplaceSecrets(raw, func(strictjson.SecretPlace) (string, error) { return "secret:sec_1", nil })
		if err != nil {
			t.Fatal(err)
		}
		got := declared.Validate(stored)
		if len(got.Errors) > 0 || len(got.Warnings) != warnings {
			t.Errorf("%s: %+v", name, got)
		}
		if err := schema.Validate(instance(t, raw)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A name that shows nothing names nothing, for the reader and for the schema. The
// byte order mark is the blank on which languages disagree.
func TestBlankNamesAreRefused(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	for _, blank := range []string{``, ` `, `\u00a0`, `\ufeff`, `\u2028\t`} {
		for config, pointer := range map[string]string{
			`{` + bases + `,"external_id_field":"BLANK"}`: "/external_id_field",
			`{"source_bases":[{"base_id":"appS","api_key":"secret:sec_k"}],"target_bases":[{"base_id":"appT","api_key":"secret:sec_k","tables":["BLANK"]}]}`: "/target_bases/0/tables/0",
			`{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"BLANK"}]}`:                                                                "/sync_rules/0/target_table",
			`{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"A":"BLANK"}}]}`:                                 "/sync_rules/0/field_mapping/A",
			`{` + bases + `,"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"BLANK":"A"}}]}`:                                 "/sync_rules/0/field_mapping/",
		} {
			text := json.RawMessage(strings.ReplaceAll(config, "BLANK", blank))
			if got := codes(declared.Validate(text).Errors); len(got) == 0 || !strings.HasPrefix(got[0], pointer) {
				t.Errorf("%s: %v", text, got)
			}
			if schema.Validate(instance(t, text)) == nil {
				t.Errorf("the schema accepts %s", text)
			}
		}
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.json", instance(t, declared.Schema())); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t *testing.T, raw []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
