package airtable

import (
	"context"
	"net/http"
	"net/url"
)

// Schema reads all tables of a base in one call (scope schema.bases:read).
func (c *Client) Schema(ctx context.Context, tok Token, base BaseID) (*Base, error) {
	r := request{op: opSchema, method: http.MethodGet, base: base, path: metaPath(base, "tables")}
	if base == "" {
		return nil, r.invalid("name the base")
	}
	result := Base{ID: base}
	response, err := c.do(ctx, tok, r, one(&result))
	if err != nil {
		return nil, err
	}
	result.ID, result.Response = base, response
	return &result, nil
}

// CreateBase creates a base with at least one table (scope schema.bases:write).
// Repeating it creates a second base.
func (c *Client) CreateBase(ctx context.Context, tok Token, b NewBase) (*Base, error) {
	r := request{op: opCreateBase, method: http.MethodPost, path: "/meta/bases", name: b.Name, body: b}
	result := Base{Name: b.Name}
	response, err := c.do(ctx, tok, r, one(&result))
	if err != nil {
		return nil, err
	}
	result.Response = response
	return &result, nil
}

// CreateTable creates a table (scope schema.bases:write). Repeating it fails because
// the name is taken: read the schema and adopt the table that is there.
func (c *Client) CreateTable(ctx context.Context, tok Token, base BaseID, t NewTable) (*Table, error) {
	r := request{op: opCreateTable, method: http.MethodPost, base: base, path: metaPath(base, "tables"), name: t.Name, body: t}
	return send[Table](ctx, c, tok, r)
}

// CreateField creates a field (scope schema.bases:write), and for a link its inverse
// in the linked table. Repeating it fails because the name is taken: read the schema
// and adopt the field that is there.
func (c *Client) CreateField(ctx context.Context, tok Token, base BaseID, table TableID, f NewField) (*Field, error) {
	r := request{op: opCreateField, method: http.MethodPost, base: base, table: table, path: metaPath(base, "tables", string(table), "fields"), name: f.Name, body: f}
	return send[Field](ctx, c, tok, r)
}

// UpdateTable changes a table's name or description (scope schema.bases:write).
func (c *Client) UpdateTable(ctx context.Context, tok Token, base BaseID, table TableID, p TablePatch) (*Table, error) {
	r := request{op: opUpdateTable, method: http.MethodPatch, base: base, table: table, path: metaPath(base, "tables", string(table)), body: p}
	return send[Table](ctx, c, tok, r)
}

// UpdateField changes a field's name or description, or a formula (scope
// schema.bases:write). Airtable cannot change a type or any other option.
func (c *Client) UpdateField(ctx context.Context, tok Token, base BaseID, table TableID, field FieldID, p FieldPatch) (*Field, error) {
	r := request{op: opUpdateField, method: http.MethodPatch, base: base, table: table, path: metaPath(base, "tables", string(table), "fields", string(field)), body: p}
	return send[Field](ctx, c, tok, r)
}

// Whoami says whose token it is. Any valid token may ask.
func (c *Client) Whoami(ctx context.Context, tok Token) (*User, error) {
	return send[User](ctx, c, tok, request{op: opWhoami, method: http.MethodGet, path: "/meta/whoami"})
}

// send makes a call that answers one object.
func send[T any](ctx context.Context, c *Client, tok Token, r request) (*T, error) {
	var result T
	if _, err := c.do(ctx, tok, r, one(&result)); err != nil {
		return nil, err
	}
	return &result, nil
}

func metaPath(base BaseID, parts ...string) string {
	p := "/meta/bases/" + url.PathEscape(string(base))
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}
