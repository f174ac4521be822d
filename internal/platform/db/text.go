package db

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

// storable replaces what no text column holds, in place: U+0000, which PostgreSQL
// refuses, and bytes that are not UTF-8. Text from outside is made clean where it
// comes in; this is the second line, so that one text that was missed cannot stop
// a projection for good. It is the same for both dialects, so that their rows are.
func storable(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			if !plaintext.IsClean(v) {
				args[i] = plaintext.Clean(v)
			}
		case json.RawMessage:
			if v != nil && (bytes.IndexByte(v, 0) >= 0 || !utf8.Valid(v)) {
				args[i] = json.RawMessage(plaintext.Clean(string(v)))
			}
		}
	}
	return args
}
