package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client calls one server with one token. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client of the server at address ("http://127.0.0.1:8080").
// Nothing is called yet; a wrong address shows at the first call.
func New(address, token string) *Client {
	return &Client{
		base: strings.TrimRight(address, "/"), token: token,
		// A redirect would carry the token to an address that nobody typed.
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// maxResponse bounds what is read of one response, in bytes.
const maxResponse = 64 << 20

// request is one call.
type request struct {
	method string
	path   string // below /api/v1, unless it is a probe
	probe  bool
	query  url.Values
	header map[string]string
	body   any // nil means none; json.RawMessage goes as it is
}

// call sends r and decodes the response into out, which may be nil. The error
// is an *Error for a response that is a failure, an *UnreachableError when
// there was no response, or ctx's own.
func (c *Client) call(ctx context.Context, r request, out any) error {
	response, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if err != nil {
		return unreachable(ctx, c.base, err)
	}
	if out == nil || response.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("the response to %s %s is not from this API; is %s the address of pyairtable-workflows?", r.method, r.path, c.base)
	}
	return nil
}

// send returns a response of the 2xx range, whose body the caller closes.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	sent, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(sent)
	if err != nil {
		return nil, unreachable(ctx, c.base, err)
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, failureOf(response)
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
	if r.probe {
		address = c.base + r.path
	}
	if q := r.query.Encode(); q != "" {
		address += "?" + q
	}
	out, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil || out.URL.Host == "" || out.URL.Scheme != "http" && out.URL.Scheme != "https" {
		return nil, &UnreachableError{URL: c.base, Cause: errors.New("not an address of the form http://HOST:PORT")}
	}
	out.Header.Set("Accept", "application/json")
	if body != nil {
		out.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		out.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range r.header {
		if value != "" {
			out.Header.Set(name, value)
		}
	}
	return out, nil
}

// Ready returns nil once the server takes requests.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, request{method: http.MethodGet, path: "/readyz", probe: true}, nil)
}

// segment makes an ID safe as one part of a path: people type IDs.
func segment[T ~string](id T) string { return url.PathEscape(string(id)) }
