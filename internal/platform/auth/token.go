// Package auth creates and verifies service tokens: paw_<id>_<secret>. Secrets
// are compared in constant time. Who a key belongs to and what it may do is
// decided in core/identity.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
)

const (
	prefix      = "paw_"
	idHex       = 32 // a UUID without its dashes
	secretBytes = 32 // 256 bits
	tokenLength = len(prefix) + idHex + 1 + 2*secretBytes
)

// ErrMalformed means that a text is not a service token. Its message never
// repeats the text.
var ErrMalformed = errors.New("not a service token, which has the form paw_<id>_<secret>")

// Hash is what is stored instead of a secret. A 256-bit random secret cannot be
// guessed, so it needs no slow hash.
type Hash [sha256.Size]byte

// Token is a parsed token. Its secret is held only as a hash.
type Token struct {
	ID   string // the UUID of the key, with dashes
	hash Hash
}

// New creates a token for the key with the given UUID. The text is shown once;
// only the hash may be stored.
func New(id string) (text string, hash Hash, err error) {
	compact := strings.ReplaceAll(id, "-", "")
	if len(compact) != idHex {
		return "", Hash{}, errors.New("the ID of a key must be a UUID")
	}
	var secret [secretBytes]byte
	rand.Read(secret[:]) // never fails: without randomness it ends the process
	return prefix + compact + "_" + hex.EncodeToString(secret[:]), sha256.Sum256(secret[:]), nil
}

// Parse reads a token. Every malformed text gives the same error.
func Parse(text string) (Token, error) {
	if len(text) != tokenLength || !strings.HasPrefix(text, prefix) || text[len(prefix)+idHex] != '_' {
		return Token{}, ErrMalformed
	}
	id := text[len(prefix) : len(prefix)+idHex]
	if _, err := hex.DecodeString(id); err != nil || strings.ToLower(id) != id {
		return Token{}, ErrMalformed
	}
	secret, err := hex.DecodeString(text[len(prefix)+idHex+1:])
	if err != nil {
		return Token{}, ErrMalformed
	}
	dashed := id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
	return Token{ID: dashed, hash: sha256.Sum256(secret)}, nil
}

// Matches reports, in constant time, whether the token holds the secret that
// was stored as h.
func (t Token) Matches(h Hash) bool {
	return subtle.ConstantTimeCompare(t.hash[:], h[:]) == 1
}
