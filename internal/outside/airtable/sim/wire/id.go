package wire

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// base62 are the characters that follow the three-letter prefix of an id.
const base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// idTail is the number of characters after the prefix of an id that Airtable makes.
const idTail = 14

// NewID makes a random id: a prefix such as "rec" and 14 base-62 characters.
func NewID(prefix string) string {
	var random [idTail]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	return prefix + encodeTail(random[:])
}

// DerivedID makes the same id from the same text, for things that nobody created, such as a token's owner.
func DerivedID(prefix, text string) string {
	sum := sha256.Sum256([]byte(text))
	return prefix + encodeTail(sum[:idTail])
}

func encodeTail(raw []byte) string {
	tail := make([]byte, idTail)
	for i := range tail {
		tail[i] = base62[int(raw[i])%len(base62)]
	}
	return string(tail)
}

// IsID reports whether a text has the form of an id with this prefix. Longer tails exist in the wild and are
// accepted.
func IsID(text, prefix string) bool {
	tail, found := strings.CutPrefix(text, prefix)
	if !found || len(tail) < idTail || len(tail) > 64 {
		return false
	}
	for i := range len(tail) {
		c := tail[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
