package cell

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func errAttachment(f *schema.Field, wrong string) *wire.Error {
	return wire.Invalid("INVALID_ATTACHMENT_OBJECT", "Invalid attachment for field %s: %s", f.Name, wrong)
}

// What can be wrong with an attachment. Only the first is in Airtable's own words.
const (
	notObjects = "parameters must be objects, not strings"
	noFile     = "parameters must have a public url, or the id of an existing attachment"
	idOnCreate = "a new record cannot take an attachment by its id"
)

// NewFiles refuses attachments that are given by id, alone or beside an url, to a record that is being created.
func NewFiles(f *schema.Field, raw json.RawMessage) *wire.Error {
	var list []struct{ ID string }
	if f.Shape() == schema.Files && json.Unmarshal(raw, &list) == nil {
		for _, one := range list {
			if one.ID != "" {
				return errAttachment(f, idOnCreate)
			}
		}
	}
	return nil
}

// files reads an array of {url, filename?} for new attachments and {id} for ones that some record already has in
// this field.
func (r Reader) files(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	var list []Attachment
	if raw[0] != '[' {
		return nil, errAttachment(f, noFile)
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil, errAttachment(f, notObjects)
	}
	if len(list) == 0 {
		return nil, nil
	}
	for i, one := range list {
		switch {
		case one.ID != "":
			known, found := r.Context.Attachment(f, one.ID)
			if !found {
				return nil, errAttachment(f, noFile)
			}
			list[i] = known
		case !strings.HasPrefix(one.URL, "https://") && !strings.HasPrefix(one.URL, "http://"):
			return nil, errAttachment(f, noFile)
		default:
			list[i].ID = wire.NewID("att")
			if one.Filename == "" {
				list[i].Filename = one.URL[strings.LastIndexByte(one.URL, '/')+1:]
			}
		}
	}
	return wire.Encode(list), nil
}
