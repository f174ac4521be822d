package credential_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/credential"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// node is a configuration with credentials wherever a type can have them.
type node struct {
	Name   string                   `json:"name,omitempty"`
	User   secret.Secret            `json:"user,omitempty"`
	Key    secret.Secret            `json:"key,omitempty"`
	Keys   []secret.Secret          `json:"keys,omitempty"`
	Named  map[string]secret.Secret `json:"named,omitempty"`
	Within []node                   `json:"within,omitempty"`
}

var nodeType = strictjson.For[node]()

// memory is a vault that numbers its secrets.
type memory struct{ sealed, replaced []string }

func (m *memory) Has(_ context.Context, workspace, ref string) (bool, error) {
	return workspace == "ws_a" && strings.HasPrefix(ref, "secret:sec_known"), nil
}

func (m *memory) Seal(_ context.Context, _ string, plain secret.Secret) (string, db.Write, error) {
	m.sealed = append(m.sealed, plain.Reveal())
	return fmt.Sprintf("secret:sec_%d", len(m.sealed)), func(context.Context, db.Tx) error { return nil }, nil
}

func (m *memory) Replace(_ context.Context, _, ref string, plain secret.Secret) (db.Write, error) {
	m.replaced = append(m.replaced, ref+"="+plain.Reveal())
	return func(context.Context, db.Tx) error { return nil }, nil
}

func seal(t *testing.T, config, before string) (*memory, credential.Sealed) {
	t.Helper()
	m := &memory{}
	out, err := credential.Seal(t.Context(), m, "ws_a", nodeType, json.RawMessage(config), json.RawMessage(before))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Writes) != len(m.sealed)+len(m.replaced) {
		t.Errorf("%d writes for %d secrets", len(out.Writes), len(m.sealed)+len(m.replaced))
	}
	return m, out
}

// No place of a credential is overlooked, however deep a type contains itself.
func TestEveryCredentialIsTaken(t *testing.T) {
	t.Parallel()
	config := `{"name":"not one","key":"c1","keys":["c2","c3"],"named":{"a/b":"c4"},"within":[{"within":[{"key":"c5","keys":["c6"]}]}]}`
	m, out := seal(t, config, "")
	if diff := cmp.Diff([]string{"c1", "c2", "c3", "c4", "c5", "c6"}, m.sealed); diff != "" {
		t.Error(diff)
	}
	want := config
	for i := 1; i <= 6; i++ {
		want = strings.Replace(want, fmt.Sprintf(`"c%d"`, i), fmt.Sprintf(`"secret:sec_%d"`, i), 1)
	}
	if string(out.Config) != want || len(out.Problems) > 0 {
		t.Errorf("%s %v", out.Config, out.Problems)
	}
}

func TestWhatIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, want string }{
		"nothing secret":    {`{"name":"a"}`, `{"name":"a"}`},
		"a reference":       {`{"key":"secret:sec_known1"}`, `{"key":"secret:sec_known1"}`},
		"one with blanks":   {`{"key":" secret:sec_known1\n"}`, `{"key":"secret:sec_known1"}`},
		"an empty one":      {`{"key":""}`, `{"key":""}`},
		"of another type":   {`{"key":7}`, `{"key":7}`},
		"an unknown member": {`{"other":"x"}`, `{"other":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, out := seal(t, c.config, "")
			if string(out.Config) != c.want || len(m.sealed) > 0 || len(out.Problems) > 0 {
				t.Errorf("%s, sealed %v, %v", out.Config, m.sealed, out.Problems)
			}
		})
	}
}

func TestWhatCannotBeACredential(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config string
		want   workflow.Problem
	}{
		"blank":          {`{"key":"  "}`, workflow.Problem{Pointer: "/key", Code: "required"}},
		"two lines":      {`{"keys":["a","b\nc"]}`, workflow.Problem{Pointer: "/keys/1", Code: "invalid"}},
		"too long":       {`{"key":"` + strings.Repeat("x", secret.MaxBytes+1) + `"}`, workflow.Problem{Pointer: "/key", Code: "too_long"}},
		"another's":      {`{"key":"secret:sec_foreign"}`, workflow.Problem{Pointer: "/key", Code: "secret_not_found"}},
		"a prefix alone": {`{"key":"secret:"}`, workflow.Problem{Pointer: "/key", Code: "secret_not_found"}},
		"not JSON":       {`{"key":`, workflow.Problem{Code: "malformed_json"}},
		"far too many":   {`{"keys":[` + strings.Repeat(`"k",`, 1000) + `"k"]}`, workflow.Problem{Code: strictjson.CodeTooManyValues}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, out := seal(t, c.config, "")
			if len(out.Problems) != 1 || out.Problems[0].Pointer != c.want.Pointer || out.Problems[0].Code != c.want.Code {
				t.Errorf("%+v, want %+v", out.Problems, c.want)
			}
			if strings.HasPrefix(string(out.Config), `{"key":"secret:sec_f`) {
				t.Errorf("the kind sees %s", out.Config)
			}
		})
	}
}

// A reference stays for the same thing with another credential, also when both
// credentials of it are new, and for nothing else.
func TestWhichCredentialIsReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config, before string
		replaced       []string
	}{
		"the same thing":        {`{"name":"a","key":"new"}`, `{"key":"secret:sec_k","name":"a"}`, []string{"secret:sec_k=new"}},
		"both of one thing":     {`{"name":"a","user":"u","key":"k"}`, `{"name":"a","user":"secret:sec_u","key":"secret:sec_k"}`, []string{"secret:sec_u=u", "secret:sec_k=k"}},
		"one of two":            {`{"user":"secret:sec_known","key":"k"}`, `{"user":"secret:sec_known","key":"secret:sec_k"}`, []string{"secret:sec_k=k"}},
		"another thing":         {`{"name":"b","key":"new"}`, `{"name":"a","key":"secret:sec_k"}`, nil},
		"a number of it":        {`{"name":"a","within":[{"key":"k"},{}]}`, `{"name":"a","within":[{"key":"secret:sec_k"}]}`, []string{"secret:sec_k=k"}},
		"at another place":      {`{"within":[{},{"key":"k"}]}`, `{"within":[{"key":"secret:sec_k"}]}`, nil},
		"an item of a list":     {`{"keys":["k"]}`, `{"keys":["secret:sec_k"]}`, nil},
		"a member with a slash": {`{"named":{"a/b":"k"}}`, `{"named":{"a/b":"secret:sec_k"}}`, []string{"secret:sec_k=k"}},
		"before a credential":   {`{"key":"k"}`, `{"key":"plain"}`, nil},
		"before not readable":   {`{"key":"k"}`, `{`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, _ := seal(t, c.config, c.before)
			if diff := cmp.Diff(c.replaced, m.replaced); diff != "" {
				t.Error(diff)
			}
		})
	}
}
