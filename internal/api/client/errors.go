package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Error is a failure that the server reported (RFC 9457).
type Error struct {
	Status     int           `json:"status"`
	Code       string        `json:"code"`
	Detail     string        `json:"detail"`
	RequestID  string        `json:"instance"`
	Faults     []Fault       `json:"errors"`
	RetryAfter time.Duration `json:"-"`
}

// Fault is one fault of a request, at a JSON pointer or in a parameter.
type Fault struct {
	Pointer   string `json:"pointer"`
	Parameter string `json:"parameter"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

// Error returns the detail, and every fault on a line of its own.
func (e *Error) Error() string {
	text := e.Detail
	for _, f := range e.Faults {
		place := f.Pointer
		if f.Parameter != "" {
			place = "parameter " + f.Parameter
		}
		if place == "" {
			place = "body"
		}
		text += fmt.Sprintf("\n  %s: %s", place, f.Detail)
	}
	return text
}

// Is matches another *Error by its status and code, where the target has them.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && (t.Status == 0 || t.Status == e.Status) && (t.Code == "" || t.Code == e.Code)
}

// UnreachableError says that no response came: the server is down, or the
// address is wrong.
type UnreachableError struct {
	URL   string
	Cause error
}

// Error names the address and the fix.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no answer from %s (%v); start the server with \"pyairtable-workflows serve\" or correct PAW_URL or --url", e.URL, e.Cause)
}

// Unwrap returns what the connection said.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// unreachable tells ctx's own error from a broken connection to address.
func unreachable(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the address, which the sentence has already
	}
	return &UnreachableError{URL: address, Cause: err}
}

// failureOf reads a failure. A response of another program becomes an Error
// too, with its status.
func failureOf(response *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20)) // what arrived is all there is to show
	e := &Error{}
	if !strings.Contains(response.Header.Get("Content-Type"), "json") || json.Unmarshal(text, e) != nil || e.Detail == "" {
		e = &Error{Detail: fmt.Sprintf("the server answered %s and not in the form of this API; is the address right?", response.Status)}
	}
	e.Status = response.StatusCode
	if s, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}
