package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// keySize is the length of every key here in bytes: AES-256.
const keySize = 32

// Labels keep the keys that are derived from the master key apart; a new use
// gets a new label. They are part of the format.
const (
	wrapLabel  = "paw/secret/wrap/v1"
	checkLabel = "paw/secret/check/v1"
)

var errDecrypt = errors.New("does not decrypt: wrong key, or the row was changed")

// master derives what is needed from the master key and forgets the rest.
type master struct {
	wrap        []byte
	fingerprint string
}

func newMaster(key []byte) (master, error) {
	wrap, err := hkdf.Key(sha256.New, key, nil, wrapLabel, keySize)
	if err != nil {
		return master{}, err
	}
	check, err := hkdf.Key(sha256.New, key, nil, checkLabel, keySize)
	if err != nil {
		return master{}, err
	}
	return master{wrap: wrap, fingerprint: hex.EncodeToString(check)}, nil
}

func (m master) matches(fingerprint string) bool {
	return hmac.Equal([]byte(m.fingerprint), []byte(fingerprint))
}

// seal encrypts with AES-256-GCM under a random nonce. The additional data
// binds the result to its place: it opens nowhere else.
func seal(key, plain, additional []byte) (string, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce) // never fails: it ends the process instead
	return base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, additional)), nil
}

// open undoes seal. Every failure is the same error.
func open(key []byte, sealed string, additional []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, errDecrypt
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], additional)
	if err != nil {
		return nil, errDecrypt
	}
	return plain, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// place encodes where a ciphertext lives. Lengths come before the parts, so
// that no two places encode alike.
func place(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
