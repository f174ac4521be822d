package auth

import (
	"errors"
	"strings"
	"testing"
)

const id = "0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"

func TestTokenMatchesOnlyItsOwnHash(t *testing.T) {
	t.Parallel()
	text, hash, err := New(id)
	if err != nil {
		t.Fatal(err)
	}
	token, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if token.ID != id || !token.Matches(hash) {
		t.Errorf("token %+v does not match its own hash", token)
	}
	if _, other, _ := New(id); token.Matches(other) {
		t.Error("a token matches another secret's hash")
	}
	if token.Matches(Hash{}) {
		t.Error("a token matches an empty hash")
	}
}

func TestParseRefusesWhatIsNotAToken(t *testing.T) {
	t.Parallel()
	good, _, _ := New(id)
	cases := map[string]string{
		"empty":          "",
		"other prefix":   "pat_" + good[4:],
		"no secret":      good[:len("paw_")+idHex+1],
		"short":          good[:len(good)-1],
		"long":           good + "0",
		"no separator":   strings.Replace(good[4:], "_", "0", 1),
		"separator":      "paw_" + strings.Replace(good[4:], "_", "-", 1),
		"not hex id":     "paw_z" + good[5:],
		"upper case id":  "paw_" + strings.ToUpper(good[4:36]) + good[36:],
		"not hex secret": good[:len(good)-1] + "z",
		"a megabyte":     strings.Repeat(".", 1<<20),
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse(text); !errors.Is(err, ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		})
	}
}

func TestNewRefusesAnIDThatIsNotAUUID(t *testing.T) {
	t.Parallel()
	if _, _, err := New("short"); err == nil {
		t.Error("an ID that does not fit into a token was accepted")
	}
}
