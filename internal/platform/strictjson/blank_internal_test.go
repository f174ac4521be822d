package strictjson

import (
	"regexp"
	"testing"
	"unicode"
	"unicode/utf8"
)

// The pattern in a schema and the reader mean the same by blank.
func TestBlankIsWhatThePatternSays(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(NotBlank)
	blanks := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		if blank(string(r)) == pattern.MatchString(string(r)) {
			t.Errorf("%U: blank is %v", r, blank(string(r)))
		}
		if blank(string(r)) {
			blanks++
		}
	}
	if blanks != 25 || !blank("") || !blank(" \ufeff\u2028\t") || blank(" x ") {
		t.Errorf("%d blanks", blanks)
	}
}
