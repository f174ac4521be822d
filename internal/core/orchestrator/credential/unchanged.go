package credential

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// unchanged returns the references of an earlier configuration whose object is
// still there, at the same place and different in its credentials alone. What is
// an item of a list has no object that says whose credential it is.
func unchanged(t Type, config, before []byte) map[string]string {
	old, err := t.Secrets(before)
	if err != nil || len(old) == 0 {
		return nil
	}
	now, then := withoutSecrets(t, config), withoutSecrets(t, before)
	same := map[string]string{}
	for _, o := range old {
		ref := o.Value.Reveal()
		owner, ok := ownerOf(then, o.Pointer).(map[string]any)
		if ok && strings.HasPrefix(ref, secret.RefPrefix) && reflect.DeepEqual(owner, ownerOf(now, o.Pointer)) {
			same[o.Pointer] = ref
		}
	}
	return same
}

// withoutSecrets decodes a document with all its secrets blanked; nil if it cannot
// be read. Numbers stay as they are written.
func withoutSecrets(t Type, text []byte) any {
	blank, err := t.ReplaceSecrets(text, func(strictjson.SecretPlace) (string, error) { return "", nil })
	if err != nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(blank))
	decoder.UseNumber()
	var tree any
	if decoder.Decode(&tree) != nil {
		return nil
	}
	return tree
}

// ownerOf returns the object or list in which a pointer's last segment is.
func ownerOf(tree any, pointer string) any {
	segments := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for _, s := range segments[:len(segments)-1] {
		switch node := tree.(type) {
		case map[string]any:
			tree = node[strings.NewReplacer("~1", "/", "~0", "~").Replace(s)]
		case []any:
			i, err := strconv.Atoi(s)
			if err != nil || i >= len(node) {
				return nil
			}
			tree = node[i]
		default:
			return nil
		}
	}
	return tree
}
