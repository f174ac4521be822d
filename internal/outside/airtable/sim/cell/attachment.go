package cell

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func errBadAttachment() *wire.Error {
	return wire.Invalid("INVALID_ATTACHMENT_OBJECT", "Invalid attachment object: an attachment needs a public url, or the id of an existing one")
}

// files reads an array of {url, filename?} for new attachments and {id} for ones that some record already has in
// this field.
func (r Reader) files(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	var list []Attachment
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, errBadAttachment()
	}
	if len(list) == 0 {
		return nil, nil
	}
	for i, one := range list {
		switch {
		case one.ID != "":
			known, found := r.Context.Attachment(f, one.ID)
			if !found {
				return nil, errBadAttachment()
			}
			list[i] = known
		case !strings.HasPrefix(one.URL, "https://") && !strings.HasPrefix(one.URL, "http://"):
			return nil, errBadAttachment()
		default:
			list[i].ID = wire.NewID("att")
			if one.Filename == "" {
				list[i].Filename = one.URL[strings.LastIndexByte(one.URL, '/')+1:]
			}
		}
	}
	return wire.Encode(list), nil
}
