package orchestrator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

// sealed is a configuration whose credentials have become references.
type sealed struct {
	config   json.RawMessage
	writes   []db.Write // store the secrets with whatever stores the configuration
	problems []workflow.Problem
}

// slot is a place in a configuration that holds a credential.
type slot struct {
	pointer string
	parent  map[string]any
	member  string
	value   string
}

// seal replaces every credential in config by a reference. A reference that
// stands there already must be one of this workspace. A new credential for
// something that is otherwise as it was in the configuration before (the same
// base with another key) replaces the stored one: its reference stays, so
// that executions which wait for a valid credential find it.
func (s *Service) seal(ctx context.Context, ws workflow.WorkspaceID, k *kind.Kind, config, before json.RawMessage) (sealed, error) {
	tree, err := decodeTree(config)
	if err != nil {
		return sealed{config: config}, nil // the kind's validation says what is wrong
	}
	slots := findSlots(tree, k.SecretPointers())
	if len(slots) == 0 {
		return sealed{config: config}, nil
	}
	old := map[string]slot{}
	if oldTree, err := decodeTree(before); err == nil {
		for _, o := range findSlots(oldTree, k.SecretPointers()) {
			old[o.pointer] = o
		}
	}
	out := sealed{}
	for _, at := range slots {
		if err := s.sealSlot(ctx, ws, at, old[at.pointer], &out); err != nil {
			return sealed{}, err
		}
	}
	out.config, err = encodeTree(tree)
	return out, err
}

func (s *Service) sealSlot(ctx context.Context, ws workflow.WorkspaceID, at, old slot, out *sealed) error {
	if strings.HasPrefix(at.value, secret.RefPrefix) {
		known, err := s.secrets.Has(ctx, string(ws), at.value)
		if err == nil && !known {
			out.problems = append(out.problems, workflow.Problem{Pointer: at.pointer, Code: "secret_not_found",
				Detail: "this is not a secret of this workspace; give the credential itself and it becomes one"})
		}
		return err
	}
	if code, detail := unusable(at.value); code != "" {
		out.problems = append(out.problems, workflow.Problem{Pointer: at.pointer, Code: code, Detail: detail})
		at.parent[at.member] = secret.RefPrefix + "sec_refused" // the kind shall see neither the value nor an empty one
		return nil
	}
	ref, write, err := old.value, db.Write(nil), error(nil)
	if strings.HasPrefix(old.value, secret.RefPrefix) && sameButSecret(at, old) {
		write, err = s.secrets.Replace(ctx, string(ws), ref, secret.Secret(at.value))
	} else {
		ref, write, err = s.secrets.Seal(ctx, string(ws), secret.Secret(at.value))
	}
	if err != nil {
		return fmt.Errorf("keep the credential at %s: %w", at.pointer, err)
	}
	at.parent[at.member] = ref
	out.writes = append(out.writes, write)
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
