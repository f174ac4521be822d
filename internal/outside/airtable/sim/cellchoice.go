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

// person is a collaborator as stored and shown.
type person struct {
	ID    string `json:"id"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// person reads {id} or {email}. The simulator knows no members, so every well-formed one is a collaborator.
func (c cellReader) person(f *field, raw json.RawMessage) (any, *apiError) {
	who, ok := readPerson(raw, c.typecast)
	if !ok {
		return nil, errCell(f)
	}
	return encoded(who), nil
}

// people reads an array of ids or of {id} or {email}.
func (c cellReader) people(f *field, raw json.RawMessage) (any, *apiError) {
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, errCell(f)
	}
	if len(list) == 0 {
		return nil, nil
	}
	all := make([]person, 0, len(list))
	for _, one := range list {
		who, ok := readPerson(one, true)
		if !ok {
			return nil, errCell(f)
		}
		all = append(all, who)
	}
	return encoded(all), nil
}

// readPerson completes a collaborator from what is given of it.
func readPerson(raw json.RawMessage, plain bool) (person, bool) {
	var who person
	text, isText := asString(raw)
	switch {
	case isText && plain && strings.Contains(text, "@"):
		who.Email = text
	case isText && plain:
		who.ID = text
	case raw[0] != '{' || json.Unmarshal(raw, &who) != nil:
		return who, false
	}
	if who.ID == "" && strings.Contains(who.Email, "@") {
		who.ID = derivedID("usr", who.Email)
	}
	if who.Name == "" {
		who.Name, _, _ = strings.Cut(who.Email, "@")
	}
	return who, isID(who.ID, "usr") || isID(who.ID, "ugp")
}

// file is an attachment as stored and shown. The simulator fetches nothing, so it knows no size and no type.
type file struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Filename string `json:"filename"`
}

// files reads an array of {url, filename?} for new attachments and {id} for ones that any record of the
// table has in this field already.
func (c cellReader) files(f *field, raw json.RawMessage) (any, *apiError) {
	var list []file
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, errBadAttachment()
	}
	if len(list) == 0 {
		return nil, nil
	}
	for i, one := range list {
		switch {
		case one.ID != "":
			known, found := c.change.world.tableOf(f).attachment(f, one.ID)
			if !found {
				return nil, errBadAttachment()
			}
			list[i] = known
		case !strings.HasPrefix(one.URL, "https://") && !strings.HasPrefix(one.URL, "http://"):
			return nil, errBadAttachment()
		default:
			list[i].ID = newID("att")
			if one.Filename == "" {
				list[i].Filename = one.URL[strings.LastIndexByte(one.URL, '/')+1:]
			}
		}
	}
	return encoded(list), nil
}

func errBadAttachment() *apiError {
	return invalid("INVALID_ATTACHMENT_OBJECT", "Invalid attachment object: an attachment needs a public url, or the id of an existing one")
}

// attachment finds an attachment of the field by its id.
func (t *table) attachment(f *field, id string) (file, bool) {
	for _, r := range t.records {
		raw, _ := r.cells[f.id].(json.RawMessage)
		if raw == nil {
			continue
		}
		var list []file
		_ = json.Unmarshal(raw, &list) // written by encoded
		for _, known := range list {
			if known.ID == id {
				return known, true
			}
		}
	}
	return file{}, false
}

// tableOf is the table that has a field.
func (w *world) tableOf(f *field) *table { return w.tables[f.table] }
