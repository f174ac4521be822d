package workflow

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nightly": "", " nightly\t": "", strings.Repeat("€", MaxName): "", "👩\u200d🔬": "", "می\u200cخواهم": "",
		"": "length", " \u00a0 ": "length", strings.Repeat("€", MaxName+1): "length", "a\xff": "length",
		"a\u202eb": "invalid", "a\u200fb": "invalid", "a\u2069": "invalid", "\ufeffa": "invalid", "a\u2028b": "invalid", "a\u2029b": "invalid", "a\x00b": "invalid", "a\u009bb": "invalid",
	} {
		clean, faults := CheckName(name)
		var codes []string
		for _, f := range faults {
			codes = append(codes, f.Code)
		}
		if got := strings.Join(codes, " "); got != want || clean != strings.TrimSpace(name) {
			t.Errorf("%+q: %q, faults %s, want %s", name, clean, got, want)
		}
	}
}
