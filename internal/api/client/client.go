package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls one server with one token. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
	// pause is the first wait before a stream is opened again; it doubles up
	// to maxPause. patience is how long nothing may answer.
	pause    time.Duration
	maxPause time.Duration
	patience time.Duration
}

// New returns a client of the server at address ("http://127.0.0.1:8080").
// Nothing is called yet; a wrong address shows at the first call.
func New(address, token string) *Client {
	return &Client{
		base:  strings.TrimRight(address, "/"),
		token: token,
		// A redirect would carry the token to an address that nobody typed.
		http:     &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		pause:    200 * time.Millisecond,
		maxPause: 3 * time.Second,
		patience: time.Minute,
	}
}

// maxAnswer bounds what is read of one answer.
const maxAnswer = 64 << 20

// request is one call.
type request struct {
	method string
	path   string // below /api/v1
	query  url.Values
	header map[string]string
	body   any // nil means none; json.RawMessage goes as it is
}

// call sends r and decodes the answer into out, which may be nil. The error
// is an *Error for an answer that is a failure, an *UnreachableError when
// there was no answer, or ctx's own.
func (c *Client) call(ctx context.Context, r request, out any) error {
	answer, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return c.unreachable(ctx, err)
	}
	if out == nil || answer.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s answered something that is not of this API; is %s the address of pyairtable-workflows?", r.method, r.path, c.base)
	}
	return nil
}

// send returns an answer of the 2xx range, whose body the caller closes.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	hr, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(hr)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, failureOf(answer)
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encode the body of %s %s: %w", r.method, r.path, err)
		}
		body = bytes.NewReader(text)
	}
	address := c.base + "/api/v1" + r.path
	if strings.HasPrefix(r.path, "//") { // outside /api/v1: the probes
		address = c.base + r.path[1:]
	}
	if q := r.query.Encode(); q != "" {
		address += "?" + q
	}
	hr, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil || hr.URL.Host == "" || hr.URL.Scheme != "http" && hr.URL.Scheme != "https" {
		return nil, &UnreachableError{URL: c.base, Cause: fmt.Errorf("not an address of the form http://HOST:PORT")}
	}
	hr.Header.Set("Accept", "application/json")
	if body != nil {
		hr.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		hr.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range r.header {
		if value != "" {
			hr.Header.Set(name, value)
		}
	}
	return hr, nil
}

// Ready returns nil once the server takes requests.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodGet, path: "//readyz"}, nil)
}

// segment makes an id safe as one part of a path: ids come from people.
func segment[T ~string](id T) string { return url.PathEscape(string(id)) }

// query builds a query from pairs, leaving out what is empty or zero.
func query(pairs ...any) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name := fmt.Sprint(pairs[i])
		switch value := pairs[i+1].(type) {
		case int:
			if value != 0 {
				v.Set(name, strconv.Itoa(value))
			}
		default:
			if text := fmt.Sprint(value); text != "" {
				v.Set(name, text)
			}
		}
	}
	return v
}
