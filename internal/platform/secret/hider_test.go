package secret_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

func TestACredentialIsHiddenInEveryForm(t *testing.T) {
	t.Parallel()
	for _, canary := range []string{"patCANARY.0123", `pat"CANARY\<&>`, "pat CANARY/é?", " patCANARY ", "616581622363398142"} {
		var h secret.Hider
		h.Add(secret.Secret(canary))
		in := strings.TrimSpace(canary)
		for _, text := range []string{canary, "refused: " + in + "!", in + in, fmt.Sprintf("%q", in), "https://x/?key=" + url.QueryEscape(in), "https://x/" + url.PathEscape(in)} {
			if got := h.Text(text); strings.Contains(got, "CANARY") || strings.Contains(got, "6165816") || !strings.Contains(got, "***") {
				t.Errorf("%s becomes %s", text, got)
			}
		}
	}
}

func TestJSONStaysJSONWithoutTheCredential(t *testing.T) {
	t.Parallel()
	var h secret.Hider
	const plain = `{"n":616581622363398142,"a":["x\u0041"]}`
	if got := h.JSON(json.RawMessage(plain)); string(got) != plain {
		t.Errorf("without a credential: %s", got)
	}
	h.Add("patCANARY<1>")
	h.Add("616581622363398142")
	h.Add("abc") // too short
	for raw, want := range map[string]string{
		`{"a":"key patCANARY<1>","b":[1.50,"patCANARY\u003c1\u003e"]}`: `{"a":"key ***","b":[1.50,"***"]}`,
		`"\u0070atCANARY<1>"`:      `"***"`,
		`{"patCANARY<1>":null}`:    `{"***":null}`,
		`[616581622363398142]`:     `[616581622363398142]`,
		`{"a":"abc","b":"\u00e9"}`: `{"a":"abc","b":"\u00e9"}`,
		`{"a":`:                    `{"a":`,
		`{"a":"\`:                  `"***"`,
		``:                         ``,
	} {
		if got := h.JSON(json.RawMessage(raw)); string(got) != want {
			t.Errorf("%s becomes %s, want %s", raw, got, want)
		}
	}
}
