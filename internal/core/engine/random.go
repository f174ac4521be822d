package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
)

// newRandom returns the random numbers of one branch: PCG-DXSM seeded by the
// first 16 bytes of SHA-256(execution, generation, branch path), separated by
// zero bytes. Open executions depend on it; it can never change.
func newRandom(root Root, path string) *rand.Rand {
	sum := sha256.Sum256([]byte(root.Execution + "\x00" + strconv.Itoa(root.Generation) + "\x00" + path))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
}

// uuidFrom builds a version-4 UUID from two draws.
func uuidFrom(r *rand.Rand) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], r.Uint64())
	binary.BigEndian.PutUint64(raw[8:], r.Uint64())
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], raw[0:4])
	hex.Encode(text[9:13], raw[4:6])
	hex.Encode(text[14:18], raw[6:8])
	hex.Encode(text[19:23], raw[8:10])
	hex.Encode(text[24:36], raw[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
