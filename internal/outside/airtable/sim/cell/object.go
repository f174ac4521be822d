package cell

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// person reads {id} or {email}. Without a list of members everyone who is well-formed is a collaborator.
func (r Reader) person(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	who, ok := r.readPerson(raw, r.Typecast)
	if !ok {
		return nil, errCell(f)
	}
	return wire.Encode(who), nil
}

// people reads an array of ids, {id} or {email}.
func (r Reader) people(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, errCell(f)
	}
	if len(list) == 0 {
		return nil, nil
	}
	all := make([]quirk.Member, 0, len(list))
	for _, one := range list {
		who, ok := r.readPerson(one, true)
		if !ok {
			return nil, errCell(f)
		}
		all = append(all, who)
	}
	return wire.Encode(all), nil
}

// readPerson completes a collaborator from what is given; plain also takes an id or an email as a text.
func (r Reader) readPerson(raw json.RawMessage, plain bool) (quirk.Member, bool) {
	var who quirk.Member
	text, isText := wire.String(raw)
	switch {
	case isText && plain && strings.Contains(text, "@"):
		who.Email = text
	case isText && plain:
		who.ID = text
	case raw[0] != '{' || json.Unmarshal(raw, &who) != nil:
		return who, false
	}
	if member, listed, anyone := r.Quirks.Member(who.ID, who.Email); !anyone {
		return member, listed
	}
	if who.ID == "" && strings.Contains(who.Email, "@") {
		who.ID = wire.DerivedID("usr", who.Email)
	}
	if who.Name == "" {
		who.Name, _, _ = strings.Cut(who.Email, "@")
	}
	return who, wire.IsID(who.ID, "usr") || wire.IsID(who.ID, "ugp")
}

// barcode stores {text, type?}.
func (r Reader) barcode(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	var code struct {
		Text string `json:"text"`
		Type string `json:"type,omitempty"`
	}
	if text, ok := wire.String(raw); ok && r.Typecast {
		code.Text = text
	} else if raw[0] != '{' || json.Unmarshal(raw, &code) != nil || code.Text == "" {
		return nil, errCell(f)
	}
	return wire.Encode(code), nil
}
