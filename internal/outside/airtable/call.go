package airtable

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/resilience"
)

// do waits for its turn, sends one request and passes the body of a 2xx response
// to read. A consumerError of read is returned as it is; every other error is
// classified.
func (c *Client) do(ctx context.Context, tok Token, r request, read func(io.Reader) error) (Response, error) {
	if tok == "" {
		return Response{}, r.fail(failure.Auth, CodeUnauthenticated, Detail{}, nil, "the connection has no token: give it a personal access token%s", r.op.withScope())
	}
	if strings.ContainsFunc(string(tok), unsendable) {
		return Response{}, r.fail(failure.Auth, CodeUnauthenticated, Detail{}, nil, "the token contains a space or a line break, which no header can carry: copy it again without them")
	}
	if err := c.wait(ctx, tok, r); err != nil {
		return Response{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.RequestTimeout)
	defer cancel()
	ctx, sent := resilience.TraceSent(ctx)
	req, err := c.newRequest(ctx, tok, r)
	if err != nil {
		return Response{}, err
	}
	start := c.o.Clock.Now()
	resp, err := c.http.Do(req)
	call := Call{Operation: r.op.name, Base: r.base, Host: req.URL.Host}
	defer func() {
		call.Duration = c.o.Clock.Now().Sub(start)
		c.o.Meter.Called(call)
	}()
	if err != nil {
		return Response{}, r.noResponse(err, sent.Maybe())
	}
	defer resp.Body.Close()
	response := Response{ServerDate: serverDate(resp.Header)}
	call.Code, call.ServerDate = resp.StatusCode, response.ServerDate
	return response, c.receive(tok, r, resp, read)
}

// unsendable finds what net/http would refuse only while sending, with an error
// that looks like a failed connection and would be retried in vain.
func unsendable(c rune) bool { return c <= ' ' || c == 0x7f }

// wait takes the call's turn in both limiters. The base comes first: it is the
// slower one, and the token's turn should be used at once.
func (c *Client) wait(ctx context.Context, tok Token, r request) error {
	if r.base != "" {
		if err := c.bases.Wait(ctx, string(r.base)); err != nil {
			return r.notSent(err)
		}
	}
	return r.notSent(c.tokens.Wait(ctx, string(tok)))
}

func (c *Client) newRequest(ctx context.Context, tok Token, r request) (*http.Request, error) {
	var body io.Reader
	if r.hasBody() {
		encoded, err := encode(r.body)
		if err != nil {
			return nil, r.fail(failure.Validation, "invalid_cell", Detail{}, err, "a cell is not valid JSON: %v", err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.url(r), body)
	if err != nil {
		return nil, r.fail(failure.Validation, "invalid_url", Detail{}, unwrapURL(err), "%q is not a usable address: correct airtable.base_url", c.o.BaseURL)
	}
	req.Header.Set("Authorization", "Bearer "+string(tok))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.o.UserAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

func (c *Client) url(r request) string {
	u := c.o.BaseURL + "/v0" + r.path
	if r.query != "" {
		u += "?" + r.query
	}
	return u
}

// encode writes JSON without HTML escaping, so that cells stay as they are.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return buf.Bytes(), err
}

// maxErrorBytes bounds how much of a refusal's body is read.
const maxErrorBytes = 64 << 10

func (c *Client) receive(tok Token, r request, resp *http.Response, read func(io.Reader) error) error {
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return c.readResponse(r, resp, read)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes)) // a truncated refusal is still a refusal
	f := c.classify(tok, r, resp, body)
	if resp.StatusCode == http.StatusTooManyRequests && f.Code != CodeQuotaExhausted {
		c.pause(tok, r, f.RetryAfter)
	}
	return f
}

func (c *Client) pause(tok Token, r request, d time.Duration) {
	if r.base != "" {
		c.bases.Pause(string(r.base), d)
		return
	}
	c.tokens.Pause(string(tok), d)
}

func (c *Client) readResponse(r request, resp *http.Response, read func(io.Reader) error) error {
	body := &responseReader{r: resp.Body, left: c.o.MaxResponseBytes}
	err := read(body)
	var refused *consumerError
	switch {
	case err == nil:
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
		return nil
	case errors.As(err, &refused):
		return refused.err
	case errors.Is(body.err, errTooLarge):
		return r.badResponse(CodeResponseTooLarge, resp.StatusCode, nil, "the answer is larger than %d bytes: ask for smaller pages (batch_size)", c.o.MaxResponseBytes)
	case body.err != nil:
		return r.badResponse(CodeCut, resp.StatusCode, body.err, "the connection was lost in the middle of the answer: %v", body.err)
	default:
		return r.badResponse(CodeBadResponse, resp.StatusCode, err, "the answer is not what the API documents (%s): check that airtable.base_url points to Airtable", describe(resp))
	}
}

// consumerError carries an error of whoever receives the records past the
// classification: the response is not to blame.
type consumerError struct{ err error }

func (e *consumerError) Error() string { return e.err.Error() }

var errTooLarge = errors.New("response too large")

// responseReader bounds a body and remembers how reading it failed, which tells a
// lost connection from a wrong response.
type responseReader struct {
	r    io.Reader
	left int64
	err  error
}

func (a *responseReader) Read(p []byte) (int, error) {
	if a.left <= 0 {
		a.err = errTooLarge
		return 0, a.err
	}
	n, err := a.r.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	if err != nil && err != io.EOF {
		a.err = unwrapURL(err)
	}
	return n, err
}

func serverDate(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date.UTC()
}

// unwrapURL drops the address from an error of net/http: it may contain a
// formula with customers' data.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// one returns a function that reads a response of a single JSON value.
func one(v any) func(io.Reader) error {
	return func(body io.Reader) error { return json.NewDecoder(body).Decode(v) }
}
