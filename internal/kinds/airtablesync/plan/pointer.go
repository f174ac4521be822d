package plan

import (
	"fmt"
	"strings"
)

// pointer joins keys and indexes to a JSON pointer (RFC 6901).
func pointer(parts ...any) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(pointerEscapes.Replace(fmt.Sprint(part)))
	}
	return b.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
