package plaintext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain\n\té😀\u2028": "plain\n\té😀\u2028", "a\x00b": "a\uFFFDb", "\x00\x00": "\uFFFD\uFFFD", "a\xffb": "a\uFFFDb", "\xff\x00": "\uFFFD\uFFFD",
	} {
		if got := plaintext.Clean(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if plaintext.IsClean(text) != (text == want) {
			t.Errorf("%q counts as clean: %t", text, plaintext.IsClean(text))
		}
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]string{0: "", 1: "a", 2: "a", 3: "aé", 4: "aéb", 9: "aéb"} {
		if got := plaintext.Cut("aéb", most); got != want {
			t.Errorf("at %d: %q, want %q", most, got, want)
		}
	}
	if got := plaintext.Cut("\x00\x00", 4); got != "\uFFFD" {
		t.Errorf("what becomes longer is cut to %q", got)
	}
}

func TestWhatIsCutSaysHowLongItWas(t *testing.T) {
	t.Parallel()
	if got := plaintext.Bound("short", 5); got != "short" {
		t.Errorf("what fits becomes %q", got)
	}
	got := plaintext.Bound(strings.Repeat("é", 4096), 100)
	if len(got) > 100 || !utf8.ValidString(got) || !strings.HasSuffix(got, "é… (8192 bytes)") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func FuzzCut(f *testing.F) {
	f.Add("a\x00é\xff", 3)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most &= 63
		if got := plaintext.Cut(text, most); len(got) > most || !plaintext.IsClean(got) {
			t.Errorf("%q", got)
		}
	})
}
