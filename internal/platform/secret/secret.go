// Package secret keeps credentials encrypted in the database: a data key per
// workspace, wrapped by a master key that never lies in the database. It is
// not a vault for other programs, and no face ever shows what it holds.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// mask is what every printer sees of a secret.
const mask = "***"

// Secret is text that must not be seen: it prints, marshals and logs as ***.
// Reveal it only where it is sent to the system that it is for.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

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
