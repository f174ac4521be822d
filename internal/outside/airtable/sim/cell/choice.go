package cell

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// selectOne reads the name of a choice. An unknown one is made with typecast and refused without.
func (r Reader) selectOne(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	name, err := r.text(f, raw)
	if err != nil || name == "" {
		return nil, err
	}
	if err := r.ensureChoice(f, name); err != nil {
		return nil, err
	}
	return name, nil
}

// selectMany reads an array of names, each once; with typecast also one text with commas.
func (r Reader) selectMany(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	names, ok := r.textList(raw)
	if !ok {
		return nil, errCell(f)
	}
	var unique []string
	for _, name := range names {
		if name == "" || slices.Contains(unique, name) {
			continue
		}
		if err := r.ensureChoice(f, name); err != nil {
			return nil, err
		}
		unique = append(unique, name)
	}
	if unique == nil {
		return nil, nil
	}
	return unique, nil
}

// textList reads an array of texts; with typecast a text is split at its commas.
func (r Reader) textList(raw json.RawMessage) ([]string, bool) {
	if text, isText := wire.String(raw); isText && r.Typecast {
		parts := strings.Split(text, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts, true
	}
	var list []*string
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	names := make([]string, 0, len(list))
	for _, name := range list {
		if name == nil {
			return nil, false
		}
		names = append(names, *name)
	}
	return names, true
}

func (r Reader) ensureChoice(f *schema.Field, name string) *wire.Error {
	if f.ChoiceIndex(name) >= 0 {
		return nil
	}
	if !r.Typecast {
		return wire.Invalid("INVALID_MULTIPLE_CHOICE_OPTIONS", "Insufficient permissions to create new select option %s", wire.Quote(wire.Quote(name)))
	}
	r.Context.AddChoice(f, name)
	return nil
}
