package http

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// Object is any JSON object, such as a configuration or an input, whose fields
// the API does not know.
type Object struct{ json.RawMessage }

// Schema says in the document that any object is accepted here.
func (Object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// Raw returns the text of the object, nil for one that is absent.
func (o *Object) Raw() json.RawMessage {
	if o == nil {
		return nil
	}
	return o.RawMessage
}
