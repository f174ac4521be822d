package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// At returns the JSON pointer (RFC 6901) of a place below base. A token is a
// key (any string, which is escaped) or an index (an int):
//
//	At("/sync_rules", 2, "field_mapping", "a/b") // "/sync_rules/2/field_mapping/a~1b"
func At(base string, tokens ...any) string {
	var b strings.Builder
	b.WriteString(base)
	for _, token := range tokens {
		switch t := token.(type) {
		case int:
			writeIndex(&b, t)
		case string:
			writeToken(&b, t)
		default:
			writeToken(&b, fmt.Sprint(t))
		}
	}
	return b.String()
}

func writeIndex(b *strings.Builder, i int) {
	b.WriteByte('/')
	b.WriteString(strconv.Itoa(i))
}

func writeToken(b *strings.Builder, key string) {
	b.WriteByte('/')
	for i := range len(key) {
		switch key[i] {
		case '~':
			b.WriteString("~0")
		case '/':
			b.WriteString("~1")
		default:
			b.WriteByte(key[i])
		}
	}
}

// Tokens yields the unescaped tokens of a pointer.
func Tokens(pointer string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		rest := pointer
		for rest != "" {
			token, after, more := strings.Cut(rest[1:], "/")
			if !yield(unescapeToken(token)) || !more {
				return
			}
			rest = "/" + after
		}
	}
}

func unescapeToken(token string) string {
	if !strings.Contains(token, "~") {
		return token
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
}

// Index reads the index of an array's item as RFC 6901 writes it: digits
// without a leading zero.
func Index(token string) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0 && strconv.Itoa(i) == token
}
