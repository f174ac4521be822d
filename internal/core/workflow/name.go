package workflow

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is how many characters the name of a workflow or of a key may have.
const MaxName = 200

// CheckName returns a name without the blanks around it, and what is wrong with
// it. A name is one line that reads as it is written: nothing in it may act on
// the terminal of whoever lists names, or turn the direction of reading.
func CheckName(name string) (string, []Problem) {
	var faults []Problem
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > MaxName || !utf8.ValidString(name) {
		faults = append(faults, Problem{Pointer: "/name", Code: "length", Detail: fmt.Sprintf("give a name of 1 to %d characters", MaxName)})
	}
	if strings.ContainsFunc(name, hidden) {
		faults = append(faults, Problem{Pointer: "/name", Code: "invalid", Detail: "a name is one line without control and format characters; remove them"})
	}
	return name, faults
}

// hidden reports whether a character is not seen but has an effect. The two
// joiners are left: some scripts and emoji are written with them.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != nonJoiner && r != joiner
}
