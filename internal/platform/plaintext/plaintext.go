// Package plaintext makes text fit to be stored and shown. Text from outside, such
// as the name of a table in another system, may hold what no database column
// takes: PostgreSQL refuses U+0000, and bytes that are not UTF-8.
package plaintext

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// replacement stands for what cannot be stored.
const replacement = "\uFFFD"

// Clean returns the text with U+FFFD in place of U+0000 and of bytes that are not
// UTF-8.
func Clean(text string) string {
	if IsClean(text) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, replacement), "\x00", replacement)
}

// IsClean reports whether Clean changes nothing.
func IsClean(text string) bool {
	return strings.IndexByte(text, 0) < 0 && utf8.ValidString(text)
}

// Cut returns the clean text, cut to at most so many bytes between two characters.
func Cut(text string, most int) string {
	text = Clean(text)
	if len(text) <= most {
		return text
	}
	most = max(most, 0)
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// Bound is Cut for text that people read: what is cut says how long it was.
func Bound(text string, most int) string {
	text = Clean(text)
	if len(text) <= most {
		return text
	}
	note := fmt.Sprintf("… (%d bytes)", len(text))
	return Cut(text, most-len(note)) + note
}
