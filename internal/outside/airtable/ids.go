package airtable

import (
	"fmt"
	"io"
	"log/slog"
)

// BaseID names a base (app…). Lengths vary at Airtable: never check them.
type BaseID string

// TableID names a table by its id (tbl…) or, where a call takes it in a path,
// by its name; ids survive a rename.
type TableID string

// FieldID names a field (fld…).
type FieldID string

// RecordID names a record (rec…), unique within its base.
type RecordID string

// WorkspaceID names a workspace (wsp…); the API cannot list them.
type WorkspaceID string

// Token is a personal access token or an OAuth access token. However it is
// printed, logged or marshalled, it reads ***; only the client sends it.
type Token string

const mask = "***"

// String returns ***.
func (Token) String() string { return mask }

// Format prints *** for every verb.
func (Token) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, mask) }

// MarshalText returns ***, so that a token in a struct is never marshalled.
func (Token) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue returns ***.
func (Token) LogValue() slog.Value { return slog.StringValue(mask) }
