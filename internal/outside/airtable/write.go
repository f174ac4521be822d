package airtable

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Get reads one record by id (scope data.records:read), its cells keyed by field
// id if byFieldID. Airtable looks in the whole base, so a response does not prove
// that the record is in the table. A missing one is an error with
// CodeRecordNotFound.
func (c *Client) Get(ctx context.Context, tok Token, base BaseID, table TableID, id RecordID, byFieldID bool) (*Record, error) {
	r := request{op: opGet, method: http.MethodGet, base: base, table: table, path: tablePath(base, table) + "/" + url.PathEscape(string(id))}
	if err := r.checkTable(); err != nil {
		return nil, err
	}
	if id == "" {
		return nil, r.invalid("name the record")
	}
	if byFieldID {
		r.query = "returnFieldsByFieldId=true"
	}
	var record Record
	_, err := c.do(ctx, tok, r, one(&record))
	if err != nil {
		return nil, err
	}
	return &record, nil
}

// Create creates 1–10 records, all or none (scope data.records:write). Repeating
// it creates duplicates: use Upsert where a response may be lost.
func (c *Client) Create(ctx context.Context, tok Token, base BaseID, table TableID, w WriteRequest) (*WriteResult, error) {
	return c.write(ctx, tok, request{op: opCreate, method: http.MethodPost, base: base, table: table}, w)
}

// Update changes the given fields of 1–10 records, all or none (scope
// data.records:write). Repeating it is safe.
func (c *Client) Update(ctx context.Context, tok Token, base BaseID, table TableID, w WriteRequest) (*WriteResult, error) {
	return c.write(ctx, tok, request{op: opUpdate, method: http.MethodPatch, base: base, table: table}, w)
}

// Replace changes 1–10 records, all or none, and clears every writable field that
// is not given (scope data.records:write). Repeating it is safe.
func (c *Client) Replace(ctx context.Context, tok Token, base BaseID, table TableID, w WriteRequest) (*WriteResult, error) {
	return c.write(ctx, tok, request{op: opReplace, method: http.MethodPut, base: base, table: table}, w)
}

func (c *Client) write(ctx context.Context, tok Token, r request, w WriteRequest) (*WriteResult, error) {
	r.body = w
	var result WriteResult
	response, err := c.batch(ctx, tok, r, w.Records, &result, &result.Records)
	if err != nil {
		return nil, err
	}
	result.Response = response
	return &result, nil
}

// Upsert creates or changes 1–10 records by key fields, all or none (scope
// data.records:write). Repeating it is safe as long as the keys stay the same. A
// key that matches more than one record fails the whole request.
func (c *Client) Upsert(ctx context.Context, tok Token, base BaseID, table TableID, u UpsertRequest) (*UpsertResult, error) {
	r := request{op: opUpsert, method: http.MethodPatch, base: base, table: table, body: upsertBody(u)}
	if u.Replace {
		r.method = http.MethodPut
	}
	if len(u.MergeOn) == 0 || len(u.MergeOn) > 3 {
		return nil, r.invalid("an upsert merges on 1 to 3 fields, not %d", len(u.MergeOn))
	}
	var result UpsertResult
	response, err := c.batch(ctx, tok, r, u.Records, &result, &result.Records)
	if err != nil {
		return nil, err
	}
	result.Response = response
	return &result, nil
}

func upsertBody(u UpsertRequest) any {
	type merge struct {
		On []string `json:"fieldsToMergeOn"`
	}
	return struct {
		Merge merge `json:"performUpsert"`
		WriteRequest
	}{merge{u.MergeOn}, WriteRequest{u.Records, u.Typecast, u.ReturnFieldsByFieldID}}
}

// batch sends a write and makes sure that the response has as many records as the
// request, since they are matched by position.
func (c *Client) batch(ctx context.Context, tok Token, r request, sent []RecordWrite, result any, got *[]Record) (Response, error) {
	if err := r.checkTable(); err != nil {
		return Response{}, err
	}
	if len(sent) == 0 || len(sent) > MaxBatch {
		return Response{}, r.invalid("a request carries 1 to %d records, not %d", MaxBatch, len(sent))
	}
	r.path = tablePath(r.base, r.table)
	response, err := c.do(ctx, tok, r, one(result))
	if err == nil && len(*got) != len(sent) {
		err = r.fail(failure.UnknownOutcome, CodeBadResponse, Detail{Status: http.StatusOK}, nil, "%d records were sent but %d came back", len(sent), len(*got))
	}
	return response, err
}

// Delete deletes 1–10 records, all or none (scope data.records:write). To repeat
// it after a lost response, first list which of the ids still exist: one that is
// gone fails the request.
func (c *Client) Delete(ctx context.Context, tok Token, base BaseID, table TableID, ids []RecordID) (*DeleteResult, error) {
	r := request{op: opDelete, method: http.MethodDelete, base: base, table: table, path: tablePath(base, table)}
	if err := r.checkTable(); err != nil {
		return nil, err
	}
	if len(ids) == 0 || len(ids) > MaxBatch {
		return nil, r.invalid("a request carries 1 to %d records, not %d", MaxBatch, len(ids))
	}
	q := url.Values{}
	for _, id := range ids {
		q.Add("records[]", string(id))
	}
	r.query = q.Encode()
	var result DeleteResult
	response, err := c.do(ctx, tok, r, result.decode)
	if err != nil {
		return nil, err
	}
	result.Response = response
	return &result, nil
}

func (d *DeleteResult) decode(body io.Reader) error {
	var shape struct {
		Records []struct {
			ID      RecordID `json:"id"`
			Deleted bool     `json:"deleted"`
		} `json:"records"`
	}
	if err := one(&shape)(body); err != nil {
		return err
	}
	for _, r := range shape.Records {
		if r.Deleted {
			d.Deleted = append(d.Deleted, r.ID)
		}
	}
	return nil
}
