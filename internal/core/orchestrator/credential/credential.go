// Package credential takes the credentials out of a configuration: each becomes a
// reference to a secret. Where they stand, the declaration of the configuration
// says.
package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// Vault keeps secrets. *vault.Store is the real one.
type Vault interface {
	// Has reports whether a workspace has the secret of a reference.
	Has(ctx context.Context, workspace, ref string) (bool, error)
	// Seal returns a new reference and the write that stores the secret.
	Seal(ctx context.Context, workspace string, plain secret.Secret) (ref string, write db.Write, err error)
	// Replace returns the write that gives a reference another secret.
	Replace(ctx context.Context, workspace, ref string, plain secret.Secret) (write db.Write, err error)
}

// Sealed is a configuration whose credentials have become references.
type Sealed struct {
	Config   json.RawMessage
	Writes   []db.Write // store the secrets with whatever stores the configuration
	Problems []workflow.Problem
}

// Type is the declaration of a configuration. A kind is the real one.
type Type interface {
	// Secrets returns the places of credentials and references in a document. The
	// error, a *strictjson.Error, says why it cannot be read.
	Secrets(text []byte) ([]strictjson.SecretPlace, error)
	// ReplaceSecrets returns the document with other text at these places.
	ReplaceSecrets(text []byte, replace func(strictjson.SecretPlace) (string, error)) ([]byte, error)
}

// refused stands in a configuration for what cannot be a credential: the kind shall
// see neither the value nor an empty one, about which it would have a problem of
// its own.
const refused = secret.RefPrefix + "sec_refused"

// sealer seals one configuration.
type sealer struct {
	ctx       context.Context
	vault     Vault
	workspace string
	same      map[string]string // references to replace, by pointer
	out       Sealed
}

// Seal replaces every credential in config, which is of type t, by a reference. A
// reference that stands there already must be one of this workspace. A new
// credential for something that is otherwise as it was in the configuration before
// (the same base with another key) replaces the stored one: its reference stays,
// so that executions which wait for a valid credential find it. v may be nil if
// the type has no credentials.
func Seal(ctx context.Context, v Vault, ws workflow.WorkspaceID, t Type, config, before json.RawMessage) (Sealed, error) {
	places, err := t.Secrets(config)
	var unreadable *strictjson.Error
	if errors.As(err, &unreadable) {
		return Sealed{Config: config, Problems: problems(unreadable)}, nil
	}
	if err != nil || len(places) == 0 {
		return Sealed{Config: config}, err
	}
	s := sealer{ctx: ctx, vault: v, workspace: string(ws), same: unchanged(t, config, before)}
	s.out.Config, err = t.ReplaceSecrets(config, s.seal)
	return s.out, err
}

func problems(e *strictjson.Error) []workflow.Problem {
	var list []workflow.Problem
	for _, f := range e.Faults {
		list = append(list, workflow.Problem{Pointer: f.Pointer, Code: f.Code, Detail: f.Detail})
	}
	return list
}

// seal returns what stands in the configuration for the text at a place.
func (s *sealer) seal(at strictjson.SecretPlace) (string, error) {
	text := at.Value.Reveal()
	if text == "" {
		return "", nil // the kind says that it is missing
	}
	// Blanks around a reference come from copying: no reference has any.
	if ref := strings.TrimSpace(text); strings.HasPrefix(ref, secret.RefPrefix) {
		return s.reference(at, ref)
	}
	if code, detail := unusable(text); code != "" {
		return s.refuse(at, code, detail), nil
	}
	ref, write, err := s.same[at.Pointer], db.Write(nil), error(nil)
	if ref != "" {
		write, err = s.vault.Replace(s.ctx, s.workspace, ref, at.Value)
	} else {
		ref, write, err = s.vault.Seal(s.ctx, s.workspace, at.Value)
	}
	s.out.Writes = append(s.out.Writes, write)
	return ref, err
}

func (s *sealer) reference(at strictjson.SecretPlace, ref string) (string, error) {
	known, err := s.vault.Has(s.ctx, s.workspace, ref)
	if err == nil && !known {
		ref = s.refuse(at, "secret_not_found", "this is not a secret of this workspace; give the credential itself and it becomes one")
	}
	return ref, err
}

func (s *sealer) refuse(at strictjson.SecretPlace, code, detail string) string {
	s.out.Problems = append(s.out.Problems, workflow.Problem{Pointer: at.Pointer, Code: code, Detail: detail})
	return refused
}

// unusable says why a text cannot be a credential. A line break often comes
// along when one is copied; no header takes it, so that every call with it
// would fail. A credential of blanks would be masked wherever texts have one.
func unusable(value string) (code, detail string) {
	switch {
	case len(value) > secret.MaxBytes:
		return "too_long", fmt.Sprintf("a credential has at most %d bytes", secret.MaxBytes)
	case strings.TrimSpace(value) == "":
		return "required", "the credential is blank; give the credential itself"
	case strings.ContainsFunc(value, unicode.IsControl):
		return "invalid", "a credential is one line without control characters; copy it again without the line break"
	}
	return "", ""
}
