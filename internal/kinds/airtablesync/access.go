package airtablesync

import (
	"context"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// access opens Airtable for steps: it resolves the credential of a side and
// says what a person must do when Airtable refuses.
type access struct {
	client  Airtable
	secrets kind.Secrets
	config  func(context.Context) (Config, error)
}

// token resolves the credential of a base in its role. It must not leave the
// step.
func (a access) token(ctx context.Context, side plan.Side) (airtable.Token, error) {
	config, err := a.config(ctx)
	if err != nil {
		return "", err
	}
	bases := config.SourceBases
	if side.Role == plan.Target {
		bases = config.TargetBases
	}
	for _, b := range bases {
		if b.BaseID == string(side.Base) {
			credential, err := kind.Reveal(ctx, a.secrets, b.APIKey)
			return airtable.Token(credential.Reveal()), err
		}
	}
	return "", failure.New(failure.Fatal, "base_not_configured", "the configuration has no %s base %s", side.Role, side.Base)
}

// schema reads the schema of a base.
func (a access) schema(ctx context.Context, base plan.Side) (*airtable.Base, error) {
	tok, err := a.token(ctx, base)
	if err != nil {
		return nil, err
	}
	schema, err := a.client.Schema(ctx, tok, base.Base)
	return schema, a.explain(ctx, err, base)
}

// page reads one page of a table or, with ids, those of the rows that exist.
func (a access) page(ctx context.Context, side plan.Side, at airtable.Position, ids []airtable.RecordID, o airtable.ReadOptions) (*airtable.Page, airtable.Position, error) {
	tok, err := a.token(ctx, side)
	if err != nil {
		return nil, at, err
	}
	if len(ids) == 0 {
		return airtable.NewReader(a.client).Read(ctx, tok, side.Base, side.Table, at, o)
	}
	params := at.Params(o)
	params.FilterByFormula = airtable.AnyRecord(ids)
	page, err := a.client.List(ctx, tok, side.Base, side.Table, params)
	if err != nil {
		return nil, at, err
	}
	return page, at.After(page, o.Overlap), nil
}

// existing asks which rows of the pair's target table exist, a hundred at a
// time. It also returns the number of calls, on an error too.
func (a access) existing(ctx context.Context, pair plan.Pair, ids []airtable.RecordID) (map[airtable.RecordID]bool, int64, error) {
	exists, calls := map[airtable.RecordID]bool{}, int64(0)
	side := pair.Target
	tok, err := a.token(ctx, side)
	if err != nil {
		return nil, 0, err
	}
	for len(ids) > 0 {
		n := min(len(ids), airtable.MaxPageSize)
		params := airtable.ListParams{FilterByFormula: airtable.AnyRecord(ids[:n]),
			Fields: []string{string(pair.ExternalID)}, ReturnFieldsByFieldID: true}
		ids = ids[n:]
		for more := true; more; more = params.Offset != "" {
			calls++
			page, err := a.client.List(ctx, tok, side.Base, side.Table, params)
			if err != nil {
				return nil, calls, err
			}
			for _, r := range page.Records {
				exists[r.ID] = true
			}
			params.Offset = page.Offset
		}
	}
	return exists, calls, nil
}

const tokensPage = "https://airtable.com/create/tokens"

// explain turns what the client saw into what a person must do. Airtable
// answers 403 both for a missing grant and for a table that is gone; a
// readable schema tells which. Any other failure stays as it is, and so does
// nil.
func (a access) explain(ctx context.Context, err error, side plan.Side) error {
	if err == nil {
		return nil
	}
	detail, ok := airtable.DetailOf(err)
	if !ok {
		return err
	}
	switch {
	case failure.ClassOf(err) == failure.Auth && detail.Status != http.StatusForbidden:
		return reworded(err, failure.Auth, "Airtable does not accept the token of base %s: it is wrong, expired or revoked; "+
			"put a new api_key into the workflow, then resume", side.Base)
	case detail.Status == http.StatusForbidden, detail.Status == http.StatusNotFound && side.Table != "":
		return a.explainRefusal(ctx, err, side, detail)
	}
	return err
}

func (a access) explainRefusal(ctx context.Context, err error, side plan.Side, detail airtable.Detail) error {
	refused := reworded(err, failure.Auth, "Airtable does not let the token of base %s do this (%s): the token lacks the scope %s "+
		"or access to the base, or its owner lacks the permission; add it at %s, then resume", side.Base, detail.Operation, detail.Scope, tokensPage)
	if side.Table == "" {
		return refused
	}
	tok, tokenErr := a.token(ctx, side)
	if tokenErr != nil {
		return tokenErr
	}
	schema, schemaErr := a.client.Schema(ctx, tok, side.Base)
	switch {
	case schemaErr != nil && failure.ClassOf(schemaErr) == failure.Auth:
		return refused // the schema is not readable either
	case schemaErr != nil:
		return schemaErr
	}
	if _, exists := schema.Table(string(side.Table)); !exists {
		return reworded(err, failure.Validation, "table %q (%s) is no longer in base %s; restore it or take it out of the sync, then run again",
			side.Name, side.Table, side.Base)
	}
	if detail.Status == http.StatusNotFound {
		return err
	}
	return refused
}
