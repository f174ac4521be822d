package airtable

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// maxURL is the length beyond which a listing goes by POST: Airtable refuses
// addresses of 16,000 characters.
const maxURL = 15_000

// List reads one page (scope data.records:read). An expired offset is an
// error with CodeOffsetExpired.
func (c *Client) List(ctx context.Context, tok Token, base BaseID, table TableID, p ListParams) (*Page, error) {
	var records []Record
	page, err := c.Stream(ctx, tok, base, table, p, func(r Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	page.Records = records
	return page, nil
}

// Stream reads one page and passes each record to yield as it arrives, so that a
// large page is never held in memory whole. The returned page has no Records. An
// error from yield stops the reading and is returned as it is. After any error,
// the records passed so far do not count.
func (c *Client) Stream(ctx context.Context, tok Token, base BaseID, table TableID, p ListParams, yield func(Record) error) (*Page, error) {
	r := request{op: opList, base: base, table: table}
	if err := r.checkTable(); err != nil {
		return nil, err
	}
	if p.PageSize < 0 || p.PageSize > MaxPageSize {
		return nil, r.invalid("a page holds 1 to %d records, not %d", MaxPageSize, p.PageSize)
	}
	if p.MaxRecords < 0 {
		return nil, r.invalid("a listing cannot be limited to %d records", p.MaxRecords)
	}
	c.shape(&r, p)
	page := &Page{}
	response, err := c.do(ctx, tok, r, func(body io.Reader) error {
		offset, err := decodePage(body, yield)
		page.Offset = offset
		return err
	})
	if err != nil {
		return nil, err
	}
	page.Response = response
	return page, nil
}

// shape chooses the form of the listing: GET, or POST when the address would
// be too long.
func (c *Client) shape(r *request, p ListParams) {
	r.method, r.path, r.query = http.MethodGet, tablePath(r.base, r.table), p.query().Encode()
	if p.Post || len(c.url(*r)) > maxURL {
		r.method, r.path, r.query = http.MethodPost, r.path+"/listRecords", ""
		r.body = p.body()
	}
}

func (p ListParams) query() url.Values {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	number := func(key string, n int) {
		if n != 0 {
			q.Set(key, strconv.Itoa(n))
		}
	}
	number("pageSize", p.PageSize)
	number("maxRecords", p.MaxRecords)
	set("offset", p.Offset)
	set("view", p.View)
	set("filterByFormula", p.FilterByFormula)
	for _, f := range p.Fields {
		q.Add("fields[]", f)
	}
	for i, s := range p.Sort {
		set(fmt.Sprintf("sort[%d][field]", i), s.Field)
		set(fmt.Sprintf("sort[%d][direction]", i), s.Direction)
	}
	if p.ReturnFieldsByFieldID {
		q.Set("returnFieldsByFieldId", "true")
	}
	return q
}

// listBody is the POST form. The offset must be in the body: Airtable ignores it
// in the query and answers with the first page forever.
type listBody struct {
	PageSize              int      `json:"pageSize,omitempty"`
	MaxRecords            int      `json:"maxRecords,omitempty"`
	Offset                string   `json:"offset,omitempty"`
	View                  string   `json:"view,omitempty"`
	FilterByFormula       string   `json:"filterByFormula,omitempty"`
	Fields                []string `json:"fields,omitempty"`
	Sort                  []Sort   `json:"sort,omitempty"`
	ReturnFieldsByFieldID bool     `json:"returnFieldsByFieldId,omitempty"`
}

func (p ListParams) body() listBody {
	return listBody{p.PageSize, p.MaxRecords, p.Offset, p.View, p.FilterByFormula, p.Fields, p.Sort, p.ReturnFieldsByFieldID}
}

// decodePage reads a page as a stream, with one record in memory at a time.
func decodePage(body io.Reader, yield func(Record) error) (offset string, err error) {
	dec := json.NewDecoder(body)
	if err := expect(dec, '{'); err != nil {
		return "", err
	}
	listed := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", err
		}
		switch key {
		case "records":
			listed = true
			err = decodeRecords(dec, yield)
		case "offset":
			err = dec.Decode(&offset)
		default:
			err = dec.Decode(&json.RawMessage{})
		}
		if err != nil {
			return "", err
		}
	}
	if err := expect(dec, '}'); err != nil {
		return "", err
	}
	if !listed {
		return "", fmt.Errorf("the page has no records")
	}
	return offset, nil
}

func decodeRecords(dec *json.Decoder, yield func(Record) error) error {
	if err := expect(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		var r Record
		if err := dec.Decode(&r); err != nil {
			return err
		}
		if r.ID == "" {
			return fmt.Errorf("a record has no id")
		}
		if err := yield(r); err != nil {
			return &consumerError{err}
		}
	}
	return expect(dec, ']')
}

func expect(dec *json.Decoder, want json.Delim) error {
	got, err := dec.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("found %v instead of %v", got, want)
	}
	return nil
}

// checkTable refuses an empty base or table: the address would mean something
// else.
func (r request) checkTable() error {
	if r.base == "" || r.table == "" {
		return r.invalid("name the base and the table")
	}
	return nil
}

func tablePath(base BaseID, table TableID) string {
	return "/" + url.PathEscape(string(base)) + "/" + url.PathEscape(string(table))
}
