package query

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func pageSize(asked, usual, most int) (int, error) {
	switch {
	case asked == 0:
		return usual, nil
	case asked < 0 || asked > most:
		return 0, workflow.Invalid("invalid_limit", "the page size is out of range",
			workflow.Problem{Pointer: "/limit", Code: "range", Detail: fmt.Sprintf("ask for 1 to %d", most)})
	}
	return asked, nil
}

// newCursor hides where a list goes on. The list's name inside makes a cursor
// useless elsewhere; rights are checked by the list itself.
func newCursor(list, at string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + at))
}

func openCursor(cursor, list string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", workflow.InvalidCursor()
	}
	at, ok := strings.CutPrefix(string(raw), list+"\n")
	if !ok || at == "" {
		return "", workflow.InvalidCursor()
	}
	return at, nil
}
