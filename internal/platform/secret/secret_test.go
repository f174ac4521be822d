package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

func TestASecretIsNeverPrinted(t *testing.T) { // S39
	t.Parallel()
	const s = secret.Secret("canary")
	type holder struct {
		Key secret.Secret
		ptr *secret.Secret
	}
	plain := s
	raw, err := json.Marshal(map[string]any{"a": s, "b": holder{Key: s}})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "key", s, "holder", holder{Key: s, ptr: &plain})
	texts := []string{s.String(), s.GoString(), string(raw), log.String(), fmt.Sprint(s), fmt.Errorf("failed with %s", s).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, s), fmt.Sprintf(verb, holder{Key: s}))
	}
	for _, text := range texts {
		if strings.Contains(text, "canary") || strings.Contains(strings.ToLower(text), "63616e617279") {
			t.Errorf("a secret is printed: %s", text)
		}
	}
	if s.Reveal() != "canary" {
		t.Error("Reveal does not reveal")
	}
}

func TestOnlyAReferenceMayBeSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"secret:sec_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e": true,
		"secret:sec_source_2":                             true,
		"secret:sec_" + strings.Repeat("a", 64):           true,
		"secret:sec_" + strings.Repeat("a", 65):           false,
		"secret:sec_":                                     false,
		"secret:":                                         false,
		"secret:my-password":                              false,
		"Secret:sec_a":                                    false,
		"SECRET:SEC_a":                                    false,
		" secret:sec_a":                                   false,
		"secret:sec_a ":                                   false,
		"secret:sec_a\n":                                  false,
		"secret:sec_a/b":                                  false,
		"secret:sec_é":                                    false,
		"secret:sec_a, and my password is canary":         false,
		"patAbCdEf.0123":                                  false,
		"":                                                false,
	} {
		if got := secret.IsReference(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
		ref, ok := secret.Secret(text).Reference()
		if ok != want || ok && ref != text || !ok && ref != "" {
			t.Errorf("%q: reference %q, %v", text, ref, ok)
		}
	}
}

func TestTheMaskIsNotACredential(t *testing.T) {
	t.Parallel()
	printed := secret.Secret("canary").String()
	if !secret.IsMask(printed) || secret.IsMask("canary") || secret.IsMask("") {
		t.Errorf("%q is what is printed", printed)
	}
}
