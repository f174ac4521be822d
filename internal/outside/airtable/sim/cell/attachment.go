package cell

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
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

// NewFiles refuses attachments that are given by id, alone or beside a url, to a record that is being created.
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
	var kept []Attachment
	for _, one := range list {
		switch {
		case one.ID != "":
			known, found := r.Context.Attachment(f, one.ID)
			if !found {
				return nil, errAttachment(f, noFile)
			}
			kept = append(kept, known)
		case !strings.HasPrefix(one.URL, "https://") && !strings.HasPrefix(one.URL, "http://"):
			return nil, errAttachment(f, noFile)
		case r.Context.Unreachable(one.URL):
		default:
			name := one.Filename
			if name == "" {
				name = file.Name(one.URL)
			}
			kept = append(kept, Attachment{ID: wire.NewID("att"), URL: one.URL, Filename: name, Pending: r.Quirks.Fetches(one.URL)})
		}
	}
	if kept == nil {
		return nil, nil
	}
	return wire.Encode(kept), nil
}

// Attachment is one file of a cell as it is stored. URL is what was written; a file that has been fetched is served
// under another.
type Attachment struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Filename string `json:"filename"`
	Size     int    `json:"size,omitempty"`
	Type     string `json:"type,omitempty"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Hash     string `json:"sha256,omitempty"`  // of the file, once it has been fetched
	Pending  bool   `json:"pending,omitempty"` // is still to be fetched
}

// Attachments are the files in a cell. A cell of any other shape has none.
func Attachments(v Value) []Attachment {
	raw, _ := v.(json.RawMessage)
	if len(raw) == 0 || raw[0] != '[' {
		return nil
	}
	var list []Attachment
	_ = json.Unmarshal(raw, &list) // our own writing
	return list
}

// Files is a cell with these attachments.
func Files(list []Attachment) Value {
	if len(list) == 0 {
		return nil
	}
	return wire.Encode(list)
}

// The sizes of thumbnails. Airtable says 3000 for the full one whatever the image is.
const (
	smallHeight = 36
	largeHeight = 512
	fullSize    = 3000
)

// thumbnail is one of the smaller pictures of an image.
type thumbnail struct {
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// scaled is the thumbnail of an image that is not higher than this.
func (a Attachment) scaled(url string, height int) thumbnail {
	height = min(height, a.Height)
	return thumbnail{url, max(1, a.Width*height/a.Height), height}
}

// AppendFiles writes a cell of attachments as it reads: under a url that expires if the file has been fetched, which
// address gives, and with what is known of the file.
func AppendFiles(out []byte, v Value, address func(Attachment) string) []byte {
	list := Attachments(v)
	if len(list) == 0 {
		return out
	}
	shown := make([]any, len(list))
	for i, a := range list {
		one := struct {
			ID         string               `json:"id"`
			Width      int                  `json:"width,omitempty"`
			Height     int                  `json:"height,omitempty"`
			URL        string               `json:"url"`
			Filename   string               `json:"filename"`
			Size       *int                 `json:"size,omitempty"`
			Type       string               `json:"type,omitempty"`
			Thumbnails map[string]thumbnail `json:"thumbnails,omitempty"`
		}{ID: a.ID, Width: a.Width, Height: a.Height, URL: a.URL, Filename: a.Filename, Type: a.Type}
		if a.Hash != "" {
			one.URL, one.Size = address(a), &a.Size
		}
		if a.Width > 0 && a.Height > 0 {
			one.Thumbnails = map[string]thumbnail{"small": a.scaled(one.URL, smallHeight), "large": a.scaled(one.URL, largeHeight), "full": {one.URL, fullSize, fullSize}}
		}
		shown[i] = one
	}
	return append(out, wire.Encode(shown)...)
}
