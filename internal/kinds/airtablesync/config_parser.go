package airtablesync

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// parser reads JSON by hand so that every fault is reported with its pointer,
// not only the first one, and no unknown key is passed over.
type parser struct{ problems workflow.Problems }

func (p *parser) fault(pointer, code, format string, args ...any) {
	p.problems.Errors = append(p.problems.Errors,
		workflow.Problem{Pointer: pointer, Code: code, Detail: fmt.Sprintf(format, args...)})
}

func (p *parser) warn(pointer, code, format string, args ...any) {
	p.problems.Warnings = append(p.problems.Warnings,
		workflow.Problem{Pointer: pointer, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// object returns the members of a JSON object, or nil after reporting. Without
// known keys any key is taken.
func (p *parser) object(pointer string, raw json.RawMessage, known ...string) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		p.fault(pointer, "invalid", "must be a JSON object")
		return nil
	}
	for _, key := range sortedKeys(members) {
		if len(known) > 0 && !slices.Contains(known, key) {
			p.fault(pointer+"/"+escape(key), "unknown_key", "%q is not known here%s", key, suggest.Nearest(key, known))
		}
	}
	return members
}

// list returns the items of a JSON array; nil for an absent value or after
// reporting.
func (p *parser) list(pointer string, raw json.RawMessage) []json.RawMessage {
	if raw == nil {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || items == nil {
		p.fault(pointer, "invalid", "must be a JSON array")
		return nil
	}
	return items
}

func (p *parser) required(pointer string, o map[string]json.RawMessage, key string, into *string) {
	raw, there := o[key]
	if !there {
		p.fault(pointer+"/"+key, "required", "%s is missing", key)
		return
	}
	if p.text(pointer+"/"+key, raw, into) && strings.TrimSpace(*into) == "" {
		p.fault(pointer+"/"+key, "required", "%s is empty", key)
	}
}

// text reads a string; it reports whether one was there.
func (p *parser) text(pointer string, raw json.RawMessage, into *string) bool {
	return p.value(pointer, raw, "a string", into)
}

func (p *parser) boolean(pointer string, raw json.RawMessage, into *bool) {
	p.value(pointer, raw, "true or false", into)
}

func (p *parser) integer(pointer string, raw json.RawMessage, into *int) {
	p.value(pointer, raw, "a whole number", into)
}

func (p *parser) value(pointer string, raw json.RawMessage, want string, into any) bool {
	if raw == nil {
		return false
	}
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		p.fault(pointer, "invalid", "must be %s", want)
		return false
	}
	return true
}

// at returns the pointer of an array's item.
func at(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }

// escape writes a key as JSON pointer (RFC 6901) wants it.
func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
