package sim

import (
	"encoding/json"
	"strings"
)

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
