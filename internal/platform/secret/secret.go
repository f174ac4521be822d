// Package secret is the type of text that must not be seen, and the form of a
// reference to such text. It keeps nothing: platform/secret/vault does.
package secret

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// mask is what every printer sees of a secret.
const mask = "***"

// RefPrefix begins a reference to a stored secret: "secret:sec_…".
const RefPrefix = "secret:"

// MaxBytes bounds one secret.
const MaxBytes = 8 << 10

// Secret is text that must not be seen: it prints, marshals and logs as ***.
// Reveal it only where it is sent to the system that it is for.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// Reference returns the text when it is a reference to a stored secret, which
// may be seen. It returns "" and false for a credential.
func (s Secret) Reference() (ref string, ok bool) {
	if !IsReference(string(s)) {
		return "", false
	}
	return string(s), true
}

// String returns ***.
func (s Secret) String() string { return mask }

// GoString returns ***.
func (s Secret) GoString() string { return mask }

// Format writes *** for every verb, %x and %q included.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, mask) }

// MarshalText returns ***; JSON, YAML and XML use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue returns *** to log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// IsReference reports whether text has the exact form of a reference:
// "secret:sec_" and 1 to 64 ASCII letters, digits, hyphens or underscores.
// Whether the secret exists is for the vault to say.
func IsReference(text string) bool {
	id, ok := strings.CutPrefix(text, RefPrefix+"sec_")
	return ok && id != "" && len(id) <= 64 && !strings.ContainsFunc(id, notInID)
}

func notInID(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// IsMask reports whether text is what a printed secret reads: someone has
// copied it from a response or a log, and it is not the credential.
func IsMask(text string) bool { return text == mask }
