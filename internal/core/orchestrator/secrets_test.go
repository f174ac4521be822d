package orchestrator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// shownConfig is what people see of a fakeConfig.
type shownConfig struct {
	Bases []struct {
		APIKey string `json:"api_key"`
	} `json:"bases"`
	Token string `json:"token"`
}

func parse(t *testing.T, config json.RawMessage) shownConfig {
	t.Helper()
	var c shownConfig
	if err := json.Unmarshal(config, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCredentialsBecomeReferences(t *testing.T) { // I28, S39
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{"bases":[{"id":"a","api_key":"canary-one"},{"id":"b","api_key":"canary-two"}],"token":"canary-three"}`)
	x := b.execute(d.ID, `{"steps":1}`)
	b.end(x.ID)
	c := parse(t, d.Config)
	for i, ref := range []string{c.Bases[0].APIKey, c.Bases[1].APIKey, c.Token} {
		if !strings.HasPrefix(ref, "secret:sec_") {
			t.Errorf("credential %d reads back as %q", i, ref)
		}
		plain, err := b.secrets.Resolve(ctx, string(admin.Workspace), ref)
		b.must(err)
		if want := []string{"canary-one", "canary-two", "canary-three"}[i]; plain != want {
			t.Errorf("credential %d resolves to something else", i)
		}
	}
	events, err := b.store.ReadAll(ctx, 0, 1000, eventstore.Filter{Private: true})
	b.must(err)
	for _, e := range events {
		if strings.Contains(string(e.Data)+string(e.Journal), "canary") {
			t.Errorf("event %s holds a credential", e.Type)
		}
	}
	b.stop()
	files, err := filepath.Glob(filepath.Join(b.dir, "store.db*"))
	b.must(err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		b.must(err)
		if strings.Contains(string(raw), "canary") {
			t.Errorf("%s holds a credential in the clear", filepath.Base(f))
		}
	}
}

// What no call could carry is refused where it is given, not retried for hours.
func TestUnusableCredentialsAndNames(t *testing.T) {
	t.Parallel()
	b := open(t)
	for name, c := range map[string]struct{ name, config, pointer, code string }{
		"line break":         {"n", `{"token":"patA\n"}`, "/config/token", "invalid"},
		"NUL":                {"n", `{"token":"pat\u0000A"}`, "/config/token", "invalid_text"},
		"blank":              {"n", `{"token":"  "}`, "/config/token", "required"},
		"too long":           {"n", `{"token":"` + strings.Repeat("x", 9000) + `"}`, "/config/token", "too_long"},
		"a prefix alone":     {"n", `{"token":"secret:"}`, "/config/token", "secret_not_found"},
		"prefix and blanks":  {"n", `{"token":" secret: "}`, "/config/token", "secret_not_found"},
		"escape in the name": {"a\x1b[2J", `{"token":"patA"}`, "/name", "invalid"},
		"NUL in the name":    {"a\x00b", `{"token":"patA"}`, "/name", "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.Create(t.Context(), admin, orchestrator.CreateRequest{Name: c.name, Type: "fake", Config: json.RawMessage(c.config)})
			problems := workflow.AsError(err).Problems
			if len(problems) != 1 || problems[0].Pointer != c.pointer || problems[0].Code != c.code {
				t.Errorf("the problems are %+v, want one %s at %s", problems, c.code, c.pointer)
			}
		})
	}
}

func TestAReferenceIsAcceptedAgainFromItsOwnWorkspace(t *testing.T) { // S14
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{"token":"abc"}`)
	same, err := b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "n", Config: d.Config})
	b.must(err)
	if string(same.Config) != string(d.Config) {
		t.Errorf("a reference changed from %s to %s", d.Config, same.Config)
	}
	ref := parse(t, d.Config).Token
	pasted, err := b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "n", Config: json.RawMessage(`{"token":" ` + ref + `\t\n"}`)})
	b.must(err)
	if string(pasted.Config) != string(d.Config) {
		t.Errorf("a reference with blanks around it became %s", pasted.Config)
	}
	unknown := "secret:sec_01930000-0000-7000-8000-000000000000"
	_, foreign := b.Create(ctx, stranger, orchestrator.CreateRequest{Name: "n", Type: "fake", Config: json.RawMessage(`{"token":"` + ref + `"}`)})
	_, missing := b.Create(ctx, stranger, orchestrator.CreateRequest{Name: "n", Type: "fake", Config: json.RawMessage(`{"token":"` + unknown + `"}`)})
	a, m := wants(t, foreign, workflow.CategoryInvalid, "invalid_workflow"), wants(t, missing, workflow.CategoryInvalid, "invalid_workflow")
	if a.Error() != m.Error() || a.Problems[0].Pointer != "/config/token" {
		t.Errorf("another's secret reads %q, a missing one %q", a, m)
	}
}

func TestANewCredentialForTheSameThingReplacesTheOldOne(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{"bases":[{"id":"a","api_key":"old"}]}`)
	old := parse(t, d.Config).Bases[0].APIKey
	rotated, err := b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "n", Config: json.RawMessage(`{"bases":[{"id":"a","api_key":"new"}]}`)})
	b.must(err)
	if got := parse(t, rotated.Config).Bases[0].APIKey; got != old {
		t.Errorf("the reference changed from %s to %s", old, got)
	}
	plain, err := b.secrets.Resolve(ctx, string(admin.Workspace), old)
	b.must(err)
	if plain != "new" {
		t.Error("an execution of the first version still gets the old credential")
	}
	moved, err := b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "n", Config: json.RawMessage(`{"bases":[{"id":"other","api_key":"another"}]}`)})
	b.must(err)
	if parse(t, moved.Config).Bases[0].APIKey == old {
		t.Error("the credential of another base took the place of this one's")
	}
	if plain, _ := b.secrets.Resolve(ctx, string(admin.Workspace), old); plain != "new" {
		t.Error("the credential of another base overwrote this one's")
	}
}
