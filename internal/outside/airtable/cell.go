package airtable

import (
	"encoding/json"
	"strings"
)

// null is what clears a cell.
var null = json.RawMessage("null")

// ForWrite turns a cell as it was read into what the API takes for a field of
// type t: attachments by address and name, people by email (or by id if there is
// none), selects by name. An empty cell becomes null, which clears. A cell of any
// other type is written as it was read.
func ForWrite(t FieldType, cell json.RawMessage) json.RawMessage {
	v, err := decodeValue(cell)
	if err != nil {
		return cell
	}
	if empty(v) || t == RichText && v == "\n" {
		return null
	}
	switch t {
	case SingleSelect, MultipleSelects:
		return mustJSON(each(v, pick("name")))
	case MultipleRecordLinks:
		return mustJSON(each(v, pick("id")))
	case SingleCollaborator, MultipleCollaborators:
		return mustJSON(each(v, keep("email", "id")))
	case MultipleAttachments:
		return mustJSON(each(v, newAttachment))
	}
	return cell
}

// keep reduces an object to the first of these keys that it has.
func keep(keys ...string) func(any) any {
	return func(v any) any {
		o, _ := v.(map[string]any)
		for _, k := range keys {
			if s, _ := o[k].(string); s != "" {
				return map[string]any{k: s}
			}
		}
		return v
	}
}

// newAttachment turns an attachment of another base into one to be fetched: its
// id means nothing here.
func newAttachment(v any) any {
	o, _ := v.(map[string]any)
	url, _ := o["url"].(string)
	if url == "" {
		return v
	}
	out := map[string]any{"url": url}
	if name, _ := o["filename"].(string); name != "" {
		out["filename"] = name
	}
	return out
}

// Text renders a cell of any type as plain text, which is what a computed field
// becomes in a text field. Lists are joined with ", ", an object is the one part
// of it that a person would read, and an empty cell is "".
func Text(cell json.RawMessage) string {
	v, err := decodeValue(cell)
	if err != nil {
		return string(cell)
	}
	return textOf(v)
}

func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = textOf(item)
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return objectText(v)
	}
	return string(mustJSON(plainNumbers(v)))
}

// objectText is the readable part of an object: a person, a choice, a barcode, an
// AI text, an attachment, a button or a computation's error.
func objectText(o map[string]any) string {
	for _, key := range []string{"name", "email", "text", "filename", "value", "label", "error", "specialValue", "id"} {
		if part, ok := o[key]; ok && !empty(part) {
			return textOf(part)
		}
	}
	if _, isAI := o["isStale"]; isAI {
		return ""
	}
	return string(mustJSON(plainNumbers(o)))
}

// Links returns the record ids of a link cell, in order.
func Links(cell json.RawMessage) []RecordID {
	v, err := decodeValue(cell)
	if err != nil {
		return nil
	}
	items, _ := v.([]any)
	var ids []RecordID
	for _, item := range items {
		if id, ok := pick("id")(item).(string); ok && id != "" {
			ids = append(ids, RecordID(id))
		}
	}
	return ids
}

// LinkCell returns the link cell with these ids, in order; null for none.
func LinkCell(ids []RecordID) json.RawMessage {
	if len(ids) == 0 {
		return null
	}
	return mustJSON(ids)
}
