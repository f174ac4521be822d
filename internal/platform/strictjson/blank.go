package strictjson

import (
	"strings"
	"unicode"
)

// NotBlank is the pattern, in a schema, of a text that has something to see. The
// blanks are those of \s in the regular expressions of JSON Schema. They are
// spelt out, since other languages, and the validators written in them, mean
// something else by it.
const NotBlank = "[^\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"

// blank reports whether a text has nothing to see.
func blank(text string) bool {
	const nextLine, byteOrderMark = '\u0085', '\ufeff'
	return strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) && r != nextLine || r == byteOrderMark
	}) == ""
}
