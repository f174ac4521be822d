package airtable

import (
	"fmt"
	"io"
	"log/slog"
)

// BaseID names a base (app…). Never check the length of an id: it varies.
type BaseID string

// TableID names a table by its id (tbl…) or, in the path of a call, by its name.
// Only the id survives a rename.
type TableID string

// FieldID names a field (fld…).
type FieldID string

// RecordID names a record (rec…), unique within its base.
type RecordID string

// WorkspaceID names a workspace (wsp…); the API cannot list them.
type WorkspaceID string

// Token is a personal access token or an OAuth access token. Whether printed,
// logged or marshalled, it reads ***. Only the client sends it.
type Token string

const mask = "***"

// String returns ***.
func (Token) String() string { return mask }

// Format prints *** for every verb.
func (Token) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, mask) }

// MarshalText returns ***, also for a token in a struct.
func (Token) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue returns ***.
func (Token) LogValue() slog.Value { return slog.StringValue(mask) }
