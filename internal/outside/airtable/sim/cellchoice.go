package sim

import (
	"encoding/json"
	"slices"
	"strings"
)

// selectOne reads the name of a choice; an unknown one is made with typecast and refused without.
func (c cellReader) selectOne(f *field, raw json.RawMessage) (any, *apiError) {
	name, err := c.text(f, raw)
	if err != nil || name == "" {
		return nil, err
	}
	if err := c.ensureChoice(f, name); err != nil {
		return nil, err
	}
	return name, nil
}

// selectMany reads an array of names, each once; with typecast also one text with commas.
func (c cellReader) selectMany(f *field, raw json.RawMessage) (any, *apiError) {
	names, ok := c.textList(raw)
	if !ok {
		return nil, errCell(f)
	}
	var unique []string
	for _, name := range names {
		if name == "" || slices.Contains(unique, name) {
			continue
		}
		if err := c.ensureChoice(f, name); err != nil {
			return nil, err
		}
		unique = append(unique, name)
	}
	if unique == nil {
		return nil, nil
	}
	return unique, nil
}

// textList reads an array of texts; with typecast a text is cut at its commas.
func (c cellReader) textList(raw json.RawMessage) ([]string, bool) {
	if text, isText := asString(raw); isText && c.typecast {
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

func (c cellReader) ensureChoice(f *field, name string) *apiError {
	if f.choice(name) {
		return nil
	}
	if !c.typecast {
		return errNewChoice(name)
	}
	before := f.choices
	made := f.newChoice(name, "")
	c.change.alter(c.change.world.tableOf(f),
		func() { f.choices = append(slices.Clone(before), made) },
		func() { f.choices = before })
	return nil
}

// tableOf is the table that has a field.
func (w *world) tableOf(f *field) *table { return w.tables[f.table] }
