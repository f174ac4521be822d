// Package credential takes the credentials out of a configuration: each becomes a
// reference to a secret. It looks at a configuration as plain JSON and knows no
// kind.
package credential

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
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

// slot is a place in a configuration that holds a credential.
type slot struct {
	pointer string
	parent  map[string]any
	member  string
	value   string
}

// sealer seals one configuration.
type sealer struct {
	vault     Vault
	workspace string
	out       Sealed
}

// Seal replaces every credential in config, at patterns of JSON pointers, by a
// reference. A reference that stands there already must be one of this workspace.
// A new credential for something that is otherwise as it was in the configuration
// before (the same base with another key) replaces the stored one: its reference
// stays, so that executions which wait for a valid credential find it. What is not
// JSON is returned as it is. v may be nil if there are no patterns.
func Seal(ctx context.Context, v Vault, ws workflow.WorkspaceID, patterns []string, config, before json.RawMessage) (Sealed, error) {
	tree, err := decodeTree(config)
	if err != nil {
		return Sealed{Config: config}, nil // the kind's validation says what is wrong
	}
	slots := findSlots(tree, patterns)
	if len(slots) == 0 {
		return Sealed{Config: config}, nil
	}
	old := map[string]slot{}
	if oldTree, err := decodeTree(before); err == nil {
		for _, o := range findSlots(oldTree, patterns) {
			old[o.pointer] = o
		}
	}
	s := sealer{vault: v, workspace: string(ws)}
	for _, at := range slots {
		if err := s.seal(ctx, at, old[at.pointer]); err != nil {
			return Sealed{}, err
		}
	}
	s.out.Config, err = encodeTree(tree)
	return s.out, err
}

func (s *sealer) problem(at slot, code, detail string) {
	s.out.Problems = append(s.out.Problems, workflow.Problem{Pointer: at.pointer, Code: code, Detail: detail})
}

// refuse reports a problem. The kind shall see neither the value nor an empty one,
// about which it would have a problem of its own.
func (s *sealer) refuse(at slot, code, detail string) {
	s.problem(at, code, detail)
	at.parent[at.member] = secret.RefPrefix + "sec_refused"
}

// reference takes a reference that stands in a configuration. Blanks around it
// come from copying: no reference has any.
func (s *sealer) reference(ctx context.Context, at slot, ref string) error {
	at.parent[at.member] = ref
	known, err := s.vault.Has(ctx, s.workspace, ref)
	if err == nil && !known {
		s.refuse(at, "secret_not_found", "this is not a secret of this workspace; give the credential itself and it becomes one")
	}
	return err
}

func (s *sealer) seal(ctx context.Context, at, old slot) error {
	if ref := strings.TrimSpace(at.value); strings.HasPrefix(ref, secret.RefPrefix) {
		return s.reference(ctx, at, ref)
	}
	if code, detail := unusable(at.value); code != "" {
		s.refuse(at, code, detail)
		return nil
	}
	ref, write, err := old.value, db.Write(nil), error(nil)
	if strings.HasPrefix(old.value, secret.RefPrefix) && sameButSecret(at, old) {
		write, err = s.vault.Replace(ctx, s.workspace, ref, secret.Secret(at.value))
	} else {
		ref, write, err = s.vault.Seal(ctx, s.workspace, secret.Secret(at.value))
	}
	if err != nil {
		return fmt.Errorf("keep the credential at %s: %w", at.pointer, err)
	}
	at.parent[at.member] = ref
	s.out.Writes = append(s.out.Writes, write)
	return nil
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

// sameButSecret reports whether two objects differ in their credential only.
func sameButSecret(a, b slot) bool {
	if a.member != b.member || len(a.parent) != len(b.parent) {
		return false
	}
	for key, value := range a.parent {
		other, ok := b.parent[key]
		if !ok || key != a.member && !reflect.DeepEqual(value, other) {
			return false
		}
	}
	return true
}

// findSlots returns the non-empty texts at the patterns. Names are matched
// without regard to case: a decoder that is as lax must not see more
// credentials than are sealed here.
func findSlots(tree any, patterns []string) []slot {
	var out []slot
	for _, p := range patterns {
		out = walk(tree, "", strings.Split(strings.TrimPrefix(p, "/"), "/"), out)
	}
	return out
}

func walk(node any, pointer string, path []string, out []slot) []slot {
	switch n := node.(type) {
	case []any:
		for i, child := range n {
			if path[0] == "*" && len(path) > 1 {
				out = walk(child, fmt.Sprintf("%s/%d", pointer, i), path[1:], out)
			}
		}
	case map[string]any:
		for key, child := range n {
			if path[0] != "*" && !strings.EqualFold(path[0], key) {
				continue
			}
			at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
			if len(path) > 1 {
				out = walk(child, at, path[1:], out)
			} else if text, ok := child.(string); ok && text != "" {
				out = append(out, slot{at, n, key, text})
			}
		}
	}
	return out
}

// decodeTree keeps numbers as they are written.
func decodeTree(raw json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	err := decoder.Decode(&tree)
	return tree, err
}

func encodeTree(tree any) (json.RawMessage, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(tree); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
