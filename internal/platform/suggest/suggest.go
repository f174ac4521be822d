// Package suggest finds the known name that is closest to a mistyped one. It
// never corrects anything itself.
package suggest

import (
	"fmt"
	"strings"
)

// Bounds of the work for one name. Longer names get no suggestion, and known
// names beyond the first maxKnown are not compared.
const (
	maxLength = 64 // characters
	maxKnown  = 1000
)

// Nearest completes a sentence about an unknown name with the closest known one
// (`; did you mean "addr"?`), or with nothing if none is close. Case is ignored,
// and a name without its section ("addr" for "http.addr") counts as close. Of
// equally close names the first wins. The work is bounded, however long the name
// is and however many names are known.
func Nearest(name string, known []string) string {
	if len(name) > maxLength*4 { // no character has more bytes
		return ""
	}
	wanted := []rune(strings.ToLower(name))
	if len(wanted) > maxLength {
		return ""
	}
	best, least := "", min(len(wanted)/3+2, len(wanted))
	for _, k := range known[:min(len(known), maxKnown)] {
		if len(k) > maxLength*4 {
			continue
		}
		d := distance(wanted, []rune(strings.ToLower(k)), least)
		if strings.HasSuffix(k, "."+name) {
			d = 1
		}
		if d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is the Levenshtein distance in characters if that is less than most,
// and otherwise any number that is not.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		last, nearest := row[0], i+1
		row[0] = i + 1
		for j := range b {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, last+1, row[j]+1)
			nearest = min(nearest, row[j+1])
		}
		if nearest >= most {
			return most
		}
	}
	return row[len(b)]
}
