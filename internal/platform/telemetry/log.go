package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
)

// LogOptions says what is written and how.
type LogOptions struct {
	Level  string // debug | info | warn | error; empty means info
	Format string // text | json; empty means text
}

// NewLogger returns a logger that writes to w. Attributes whose name or value
// looks like a credential are replaced, including those in messages, errors and
// groups.
func NewLogger(w io.Writer, o LogOptions) (*slog.Logger, error) {
	var level slog.Level
	if o.Level != "" {
		if err := level.UnmarshalText([]byte(o.Level)); err != nil {
			return nil, fmt.Errorf("log level %q is unknown; use debug, info, warn or error", o.Level)
		}
	}
	ho := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	switch o.Format {
	case "", "text":
		return slog.New(slog.NewTextHandler(w, ho)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, ho)), nil
	}
	return nil, fmt.Errorf("log format %q is unknown; use text or json", o.Format)
}

const hidden = "***"

// secretName finds attribute names whose value must never be shown.
var secretName = regexp.MustCompile(`(?i)^(authorization|api_?key|token|secret|password|master_key|cookie)$`)

// secretValue finds credentials inside text: our own keys, Airtable's personal
// tokens and legacy keys, bearer headers, and passwords of URLs.
var secretValue = regexp.MustCompile(`paw_[A-Za-z0-9-]{4,}_[A-Za-z0-9_-]{8,}|pat[A-Za-z0-9]{14}\.[A-Za-z0-9]{16,}|\bkey[A-Za-z0-9]{14}\b|(?i:bearer )[^\s"',]+|://[^\s/@:]*:[^\s/@]+@`)

func redact(_ []string, a slog.Attr) slog.Attr {
	if secretName.MatchString(a.Key) {
		return slog.String(a.Key, hidden)
	}
	switch v := a.Value.Any().(type) {
	case string:
		return clean(a, v)
	case error:
		return clean(a, v.Error())
	case fmt.Stringer:
		return clean(a, v.String())
	case []byte:
		return clean(a, string(v))
	}
	return a
}

// clean replaces the value only if something was found in it, so that typed
// values keep their type.
func clean(a slog.Attr, text string) slog.Attr {
	if !secretValue.MatchString(text) {
		return a
	}
	return slog.String(a.Key, Redact(text))
}

// Redact replaces everything in text that looks like a credential.
func Redact(text string) string { return secretValue.ReplaceAllString(text, hidden) }
