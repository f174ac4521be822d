package airtablesync

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// onlySchema answers with a schema and does nothing else.
type onlySchema struct {
	Airtable
	tables []string
	err    error
}

func (o onlySchema) Schema(context.Context, airtable.Token, airtable.BaseID) (*airtable.Base, error) {
	b := &airtable.Base{}
	for _, id := range o.tables {
		b.Tables = append(b.Tables, airtable.Table{ID: airtable.TableID(id)})
	}
	return b, o.err
}

func refusal(class failure.Class, code string, status int, scope string) *failure.Error {
	err := failure.New(class, code, "refused")
	err.Detail, _ = json.Marshal(airtable.Detail{Operation: "records.list", Status: status, Scope: scope})
	return err
}

// testAccess opens appS, which is also a target, and appT. The secret of appV is
// gone, and that of appU is not stored.
func testAccess(client Airtable) access {
	return access{client: client,
		config: func(context.Context) (Config, error) {
			return Config{SourceBases: []BaseConfig{{BaseID: "appS", APIKey: "secret:sec_read"}, {BaseID: "appU", APIKey: "patInTheClear"}},
				TargetBases: []BaseConfig{{BaseID: "appT", APIKey: "secret:sec_t"}, {BaseID: "appV", APIKey: "secret:sec_gone"}, {BaseID: "appS", APIKey: "secret:sec_write"}}}, nil
		},
		secrets: secretsFunc(func(workspace, ref string) (string, error) {
			if workspace != "ws" || ref == "secret:sec_gone" {
				return "", errors.New("no such secret")
			}
			return "pat of " + ref, nil
		})}
}

// A base that is read and written has two credentials, and they may differ.
func TestTheTokenOfARole(t *testing.T) {
	t.Parallel()
	ctx := engine.WithAttempt(t.Context(), &engine.Attempt{Info: engine.StepInfo{Info: engine.Info{Workspace: "ws"}}})
	for name, test := range map[string]struct {
		side        plan.Side
		token, says string
	}{
		"a source":                {plan.Side{Role: plan.Source, Base: "appS"}, "pat of secret:sec_read", ""},
		"the same base, a target": {plan.Side{Role: plan.Target, Base: "appS"}, "pat of secret:sec_write", ""},
		"a secret that is gone":   {plan.Side{Role: plan.Target, Base: "appV"}, "", "no such secret"},
		"a credential":            {plan.Side{Role: plan.Source, Base: "appU"}, "", "no reference to a stored secret"},
		"an unknown base":         {plan.Side{Role: plan.Source, Base: "appT"}, "", "no source base appT"},
	} {
		token, err := testAccess(nil).token(ctx, test.side)
		if string(token) != test.token || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %q, %v", name, string(token), err)
		}
	}
}

// Airtable answers 403 for a missing grant and for a missing table alike.
func TestExplain(t *testing.T) {
	t.Parallel()
	table := plan.Side{Role: plan.Target, Base: "appT", Table: "tblT", Name: "People"}
	forbidden := refusal(failure.Auth, airtable.CodeModelNotFound, 403, "data.records:write")
	for name, test := range map[string]struct {
		err    *failure.Error
		side   plan.Side
		client onlySchema
		class  failure.Class
		says   string
	}{
		"403, the schema shows the table":       {forbidden, table, onlySchema{tables: []string{"tblT"}}, failure.Auth, "data.records:write"},
		"403, the schema lacks the table":       {forbidden, table, onlySchema{tables: []string{"tblX"}}, failure.Validation, `table "People" (tblT) is no longer in base appT`},
		"403, the schema cannot be read":        {forbidden, table, onlySchema{err: refusal(failure.Auth, "", 403, "")}, failure.Auth, "data.records:write"},
		"403, the schema fails for now":         {forbidden, table, onlySchema{err: refusal(failure.Transient, "", 502, "")}, failure.Transient, "refused"},
		"403 of the schema itself":              {refusal(failure.Auth, "", 403, "schema.bases:read"), plan.Side{Role: plan.Target, Base: "appT"}, onlySchema{}, failure.Auth, "schema.bases:read"},
		"404, the schema lacks the table":       {refusal(failure.Validation, "", 404, ""), table, onlySchema{}, failure.Validation, "no longer in base"},
		"404, the schema shows the table":       {refusal(failure.Validation, "not_found", 404, ""), table, onlySchema{tables: []string{"tblT"}}, failure.Validation, "refused"},
		"401":                                   {refusal(failure.Auth, airtable.CodeUnauthenticated, 401, ""), table, onlySchema{}, failure.Auth, "new api_key"},
		"a quota passes through":                {refusal(failure.RateLimited, airtable.CodeQuotaExhausted, 429, ""), table, onlySchema{}, failure.RateLimited, "refused"},
		"what is not Airtable's passes through": {failure.New(failure.Fatal, "disk", "full"), table, onlySchema{}, failure.Fatal, "full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := engine.WithAttempt(t.Context(), &engine.Attempt{Info: engine.StepInfo{Info: engine.Info{Workspace: "ws"}}})
			err := testAccess(test.client).explain(ctx, test.err, test.side)
			if failure.ClassOf(err) != test.class || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", failure.ClassOf(err), err)
			}
			if test.class != failure.Transient && !errors.Is(err, test.err) && failure.CodeOf(err) != test.err.Code {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}
