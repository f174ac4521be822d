package workflow

import (
	"encoding/json"
	"strings"
)

// payloadPrefix begins what stands for an input that is stored apart, a JSON
// string. Other inputs are objects.
const payloadPrefix = "payload:"

// PayloadInput returns what the journal holds for an input that is stored apart
// under a reference.
func PayloadInput(ref string) json.RawMessage {
	raw, _ := json.Marshal(payloadPrefix + ref) // a string always encodes
	return raw
}

// PayloadRef returns the reference of an input that is stored apart. ok is false
// for any other input.
func PayloadRef(input json.RawMessage) (ref string, ok bool) {
	if len(input) == 0 || input[0] != '"' {
		return "", false
	}
	var text string
	if json.Unmarshal(input, &text) != nil {
		return "", false
	}
	return strings.CutPrefix(text, payloadPrefix)
}
