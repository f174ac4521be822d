package airtable

import (
	"context"
	"net/http"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Options configure a Client. The zero value talks to Airtable itself within
// its documented limits.
type Options struct {
	// BaseURL is scheme and host, without /v0. Empty means https://api.airtable.com.
	BaseURL string
	// RequestsPerSecond bounds the calls to one base, over all tokens. Airtable
	// refuses more than 5. Zero means 4.9.
	RequestsPerSecond float64
	// TokenRequestsPerSecond bounds the calls of one token over all bases. Zero means 50.
	TokenRequestsPerSecond float64
	// Penalty is how long a base is left alone after a 429. Zero means 30 s.
	Penalty time.Duration
	// RequestTimeout bounds one call, without the wait on limiters. Zero means 30 s.
	RequestTimeout time.Duration
	// MaxAnswerBytes bounds one answer after decompression. Zero means 64 MiB.
	MaxAnswerBytes int64
	// HTTP sends the requests. Nil means a client of its own that reuses
	// connections and follows no redirect.
	HTTP *http.Client
	// Clock is used for durations and limiters. Nil means the machine's.
	Clock clock.Clock
	// Meter learns of calls and waits. Nil means none.
	Meter Meter
	// UserAgent names us. Empty means pyairtable-workflows.
	UserAgent string
}

// Client calls the Airtable Web API. It is safe for concurrent use, shares
// its limiters between all callers and never retries: a failure is classified
// once (*failure.Error) and returned.
type Client struct{ options Options }

// New returns a client.
func New(o Options) *Client { return &Client{options: o} }

// Schema reads all tables of a base in one call (scope schema.bases:read).
func (c *Client) Schema(ctx context.Context, tok Token, base BaseID) (*Base, error) { panic("soon") }

// CreateBase creates a base with at least one table (scope schema.bases:write).
func (c *Client) CreateBase(ctx context.Context, tok Token, b NewBase) (*Base, error) { panic("soon") }

// CreateTable creates a table (scope schema.bases:write).
func (c *Client) CreateTable(ctx context.Context, tok Token, base BaseID, t NewTable) (*Table, error) {
	panic("soon")
}

// CreateField creates a field (scope schema.bases:write).
func (c *Client) CreateField(ctx context.Context, tok Token, base BaseID, table TableID, f NewField) (*Field, error) {
	panic("soon")
}

// UpdateTable renames or describes a table (scope schema.bases:write).
func (c *Client) UpdateTable(ctx context.Context, tok Token, base BaseID, table TableID, p TablePatch) (*Table, error) {
	panic("soon")
}

// UpdateField renames or describes a field (scope schema.bases:write).
func (c *Client) UpdateField(ctx context.Context, tok Token, base BaseID, table TableID, field FieldID, p FieldPatch) (*Field, error) {
	panic("soon")
}

// List reads one page (scope data.records:read).
func (c *Client) List(ctx context.Context, tok Token, base BaseID, table TableID, p ListParams) (*Page, error) {
	panic("soon")
}

// Stream reads one page and gives each record to yield while the answer
// arrives; the returned page has no Records.
func (c *Client) Stream(ctx context.Context, tok Token, base BaseID, table TableID, p ListParams, yield func(Record) error) (*Page, error) {
	panic("soon")
}

// Get reads one record. Airtable looks in the whole base, so an answer does
// not prove that the record is in that table.
func (c *Client) Get(ctx context.Context, tok Token, base BaseID, table TableID, id RecordID) (*Record, error) {
	panic("soon")
}

// Create creates 1–10 records, all or nothing. It is not idempotent.
func (c *Client) Create(ctx context.Context, tok Token, base BaseID, table TableID, r WriteRequest) (*WriteResult, error) {
	panic("soon")
}

// Update changes the given fields of 1–10 records (PATCH).
func (c *Client) Update(ctx context.Context, tok Token, base BaseID, table TableID, r WriteRequest) (*WriteResult, error) {
	panic("soon")
}

// Replace changes 1–10 records and clears every writable field not given (PUT).
func (c *Client) Replace(ctx context.Context, tok Token, base BaseID, table TableID, r WriteRequest) (*WriteResult, error) {
	panic("soon")
}

// Upsert creates or changes 1–10 records by key fields; repeating it is safe.
func (c *Client) Upsert(ctx context.Context, tok Token, base BaseID, table TableID, r UpsertRequest) (*UpsertResult, error) {
	panic("soon")
}

// Delete deletes 1–10 records.
func (c *Client) Delete(ctx context.Context, tok Token, base BaseID, table TableID, ids []RecordID) (*DeleteResult, error) {
	panic("soon")
}

// Whoami tells whose token it is.
func (c *Client) Whoami(ctx context.Context, tok Token) (*User, error) { panic("soon") }
