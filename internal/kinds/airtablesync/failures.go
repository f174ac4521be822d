package airtablesync

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// token resolves the credential of a side. It exists inside a step only.
func (k *Kind) token(ctx context.Context, apiKey string) (airtable.Token, error) {
	if !strings.HasPrefix(apiKey, "secret:") {
		return airtable.Token(apiKey), nil
	}
	secret, err := k.options.Secrets.Resolve(ctx, engine.InStep(ctx).Workspace, apiKey)
	if err != nil {
		return "", fmt.Errorf("the credential %s: %w", apiKey, err)
	}
	return airtable.Token(secret), nil
}

const tokensPage = "https://airtable.com/create/tokens"

// explain turns what the client saw into what a person must do. Airtable
// answers 403 both for a missing grant and for a table that is gone; a
// readable schema tells which. Anything else keeps its class and code.
func (k *Kind) explain(ctx context.Context, err error, side Side) error {
	if err == nil {
		return nil
	}
	detail, ok := airtable.DetailOf(err)
	if !ok {
		return err
	}
	switch {
	case failure.ClassOf(err) == failure.Auth && detail.Status != http.StatusForbidden:
		return again(err, failure.Auth, "Airtable does not accept the token of base %s: it is wrong, expired or revoked; "+
			"put a new api_key into the workflow, then resume", side.Base)
	case detail.Status == http.StatusForbidden, detail.Status == http.StatusNotFound && side.Table != "":
		return k.explainRefusal(ctx, err, side, detail)
	}
	return err
}

func (k *Kind) explainRefusal(ctx context.Context, err error, side Side, detail airtable.Detail) error {
	refused := again(err, failure.Auth, "Airtable does not let the token of base %s do this (%s): the token lacks the scope %s "+
		"or the base, or its owner lacks the right; add it at %s, then resume", side.Base, detail.Operation, detail.Scope, tokensPage)
	if side.Table == "" {
		return refused
	}
	tok, terr := k.token(ctx, side.APIKey)
	if terr != nil {
		return terr
	}
	schema, serr := k.options.Airtable.Schema(ctx, tok, side.Base)
	switch {
	case serr != nil && failure.ClassOf(serr) == failure.Auth:
		return refused // the schema cannot be read either
	case serr != nil:
		return serr
	}
	if _, there := schema.Table(string(side.Table)); there {
		if detail.Status == http.StatusNotFound {
			return err
		}
		return refused
	}
	return again(err, failure.Validation, "table %q (%s) is no longer in base %s; restore it or take it out of the sync, then run again",
		side.Name, side.Table, side.Base)
}

// again returns the failure with another class and message.
func again(err error, class failure.Class, format string, args ...any) error {
	f := failure.Wrap(err, class, failure.CodeOf(err), format, args...)
	if detail, ok := airtable.DetailOf(err); ok {
		f.Detail, _ = json.Marshal(detail) // plain data always encodes
	}
	return f
}

// faultsError is the failure of a configuration that does not fit the schemas.
func faultsError(faults []Fault) error {
	var texts []string
	for i, f := range faults {
		if i == 10 {
			texts = append(texts, fmt.Sprintf("and %d more", len(faults)-i))
			break
		}
		texts = append(texts, f.Pointer+": "+f.Detail)
	}
	code := faults[0].Code
	if len(faults) > 1 {
		code = "schema_mismatch"
	}
	err := failure.New(failure.Validation, code, "nothing was written: %s", strings.Join(texts, "; "))
	err.Detail, _ = json.Marshal(map[string]any{"faults": faults[:min(len(faults), 200)]}) // plain data always encodes
	return err
}
