package airtable_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// The calls of these tests: one that changes nothing, one that does.
func read(t *testing.T, c *airtable.Client) error {
	_, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{})
	return err
}

func write(t *testing.T, c *airtable.Client) error {
	_, err := c.Update(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: []airtable.RecordWrite{{ID: "rec1"}}})
	return err
}

const (
	transient   = failure.Transient
	rateLimited = failure.RateLimited
	auth        = failure.Auth
	validation  = failure.Validation
	unknown     = failure.UnknownOutcome
)

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	const quota = "API billing plan limit exceeded. You've reached the maximum number of requests allowed for this month."
	for _, c := range []struct {
		name        string
		status      int
		header      string // Retry-After
		body        string
		read, write failure.Class
		code        string
		says        string
		retryAfter  time.Duration
	}{
		{"no such token", 401, "", `{"error":{"type":"AUTHENTICATION_REQUIRED","message":"Authentication required"}}`, auth, auth, airtable.CodeUnauthenticated, "give the connection a new one", 0},
		{"missing grant or base", 403, "", `{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND","message":"Invalid permissions, or the requested model was not found."}}`, auth, auth, airtable.CodeModelNotFound, "the scope data.records:", 0},
		{"missing role", 403, "", `{"error":{"type":"INVALID_PERMISSIONS","message":"You are not permitted to perform this operation"}}`, auth, auth, airtable.CodeInvalidPermissions, "the base app1 in its access list", 0},
		{"bare not found", 404, "", `{"error":"NOT_FOUND"}`, validation, validation, airtable.CodeNotFound, "NOT_FOUND", 0},
		{"not found as object", 404, "", `{"error":{"type":"NOT_FOUND"}}`, validation, validation, airtable.CodeNotFound, "NOT_FOUND", 0},
		{"record not found", 404, "", `{"error":{"type":"MODEL_ID_NOT_FOUND","message":"Record not found"}}`, validation, validation, airtable.CodeRecordNotFound, "Record not found", 0},
		{"too large", 413, "", `<html>Payload too large</html>`, validation, validation, "http_413", "413", 0},
		{"long address", 414, "", `Request-URI Too Large`, validation, validation, "http_414", "414", 0},
		{"unknown field", 422, "", `{"error":{"type":"UNKNOWN_FIELD_NAME","message":"Unknown field name: \"Foo\""}}`, validation, validation, "unknown_field_name", `Unknown field name: "Foo"`, 0},
		{"row is gone", 422, "", `{"error":{"type":"ROW_DOES_NOT_EXIST","message":"Record ID recX does not exist in this table"}}`, validation, validation, airtable.CodeRowDoesNotExist, "recX", 0},
		{"computed field", 422, "", `{"error":{"type":"INVALID_VALUE_FOR_COLUMN","message":"Field \"X\" cannot accept a value because the field is computed"}}`, validation, validation, "invalid_value_for_column", `Field "X" cannot accept`, 0},
		{"expired listing", 422, "", `{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}`, validation, validation, airtable.CodeOffsetExpired, "start it again from its first page", 0},
		{"expired listing, string form", 422, "", `{"error":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}`, validation, validation, airtable.CodeOffsetExpired, "start it again", 0},
		{"no type", 422, "", `{}`, validation, validation, "http_422", "422", 0},
		{"type that is not a type", 422, "", `{"error":{"type":"<script> x"}}`, validation, validation, "http_422", "422", 0},
		{"conflict", 409, "", `{}`, failure.Conflict, failure.Conflict, "conflict", "409", 0},
		{"rate limit, array", 429, "", `{"errors":[{"error":"RATE_LIMIT_REACHED","message":"Rate limit exceeded. Please try again later"}]}`, rateLimited, rateLimited, airtable.CodeRateLimited, "Please try again later", time.Second},
		{"rate limit, object", 429, "", `{"error":{"type":"RATE_LIMIT_REACHED","message":"Rate limit exceeded"}}`, rateLimited, rateLimited, airtable.CodeRateLimited, "rate limit", time.Second},
		{"rate limit, bare", 429, "7", `too many`, rateLimited, rateLimited, airtable.CodeRateLimited, "429", 7 * time.Second},
		{"rate limit far away", 429, "Fri, 31 Dec 9999 23:59:59 GMT", `too many`, rateLimited, rateLimited, airtable.CodeRateLimited, "(Retry-After: Fri, 31 Dec 9999 23:59:59 GMT), and is asked again after 1h0m0s", time.Hour},
		{"rate limit for days", 429, "999999", `too many`, rateLimited, rateLimited, airtable.CodeRateLimited, "asked again after 1h0m0s", time.Hour},
		{"rate limit for ever", 429, "1e300", `too many`, rateLimited, rateLimited, airtable.CodeRateLimited, "asked again after 1h0m0s", time.Hour},
		{"rate limit at the bound", 429, "3600", `too many`, rateLimited, rateLimited, airtable.CodeRateLimited, "shares its rate limit", time.Hour},
		{"rate limit in the past", 429, "-5", `too many`, rateLimited, rateLimited, airtable.CodeRateLimited, "shares its rate limit", time.Second},
		{"quota, array", 429, "", `{"errors":[{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"` + quota + `"}]}`, rateLimited, rateLimited, airtable.CodeQuotaExhausted, "wait until the 1st", 0},
		{"quota, object", 429, "", `{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"` + quota + `"}}`, rateLimited, rateLimited, airtable.CodeQuotaExhausted, "wait until the 1st", 0},
		{"quota, string", 429, "", `{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"` + quota + `"}`, rateLimited, rateLimited, airtable.CodeQuotaExhausted, "wait until the 1st", 0},
		{"server error", 500, "", `{"error":{"type":"SERVER_ERROR"}}`, transient, unknown, "server_error", "500", 0},
		{"server error in HTML", 500, "", `<html><body>oops</body></html>`, transient, unknown, "server_error", "500", 0},
		{"bad gateway in HTML", 502, "", `<html>502 Bad Gateway</html>`, transient, transient, "unavailable", "502", 0},
		{"unavailable", 503, "", `{"error":{"type":"RETRIABLE_ERROR","message":"it is safe to retry the request"}}`, transient, transient, "retriable_error", "safe to retry", 0},
		{"unavailable, with a time", 503, "12", `{"error":{"type":"RETRIABLE_ERROR"}}`, rateLimited, rateLimited, "retriable_error", "503", 12 * time.Second},
		{"unavailable, far away", 503, "Fri, 31 Dec 9999 23:59:59 GMT", `{"error":{"type":"RETRIABLE_ERROR"}}`, rateLimited, rateLimited, "retriable_error", "asked again after 1h0m0s", time.Hour},
		{"gateway timeout", 504, "", ``, transient, unknown, "server_error", "504", 0},
		{"request timeout", 408, "", ``, transient, transient, "unavailable", "408", 0},
		{"redirect", 301, "", ``, validation, validation, "redirected", "airtable.base_url", 0},
		{"array body", 422, "", `[1]`, validation, validation, "http_422", "422", 0},
		{"cut JSON", 422, "", `{"error":{"type":"X`, validation, validation, "http_422", "422", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				if c.status == 301 {
					w.Header().Set("Location", "/elsewhere")
				}
				reply(c.status, c.body)(w, r)
			})
			for name, call := range map[string]func(*testing.T, *airtable.Client) error{"read": read, "write": write} {
				want := c.read
				if name == "write" {
					want = c.write
				}
				err := call(t, connect(t, s.URL, airtable.Options{Penalty: time.Second}))
				var f *failure.Error
				if !errors.As(err, &f) {
					t.Fatalf("%s: %v is not classified", name, err)
				}
				if f.Class != want || f.Code != c.code || f.RetryAfter != c.retryAfter {
					t.Errorf("%s: class %s, code %s, retry after %s; want %s, %s, %s", name, f.Class, f.Code, f.RetryAfter, want, c.code, c.retryAfter)
				}
				if !strings.Contains(f.Message, c.says) || !strings.Contains(f.Message, "table tbl1 of base app1") {
					t.Errorf("%s: message %q", name, f.Message)
				}
				d, ok := airtable.DetailOf(fmt.Errorf("step: %w", err))
				if !ok || d.Status != c.status || d.Base != "app1" || d.Table != "tbl1" || !strings.HasPrefix(d.Operation, "records.") {
					t.Errorf("%s: detail %+v", name, d)
				}
			}
			if len(s.calls) != 2 {
				t.Errorf("%d calls were sent for 2: something retries", len(s.calls))
			}
		})
	}
}

func TestTheMissingScopeIsNamed(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(403, `{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"}}`))
	c := connect(t, s.URL, airtable.Options{})
	for scope, call := range map[string]func() error{
		"data.records:read":  func() error { return read(t, c) },
		"data.records:write": func() error { return write(t, c) },
		"schema.bases:read":  func() error { _, err := c.Schema(t.Context(), token, "app1"); return err },
		"schema.bases:write": func() error {
			_, err := c.CreateField(t.Context(), token, "app1", "tbl1", airtable.NewField{Name: "Source Record ID"})
			return err
		},
	} {
		err := call()
		if d, _ := airtable.DetailOf(err); d.Scope != scope || !strings.Contains(err.Error(), "the scope "+scope) {
			t.Errorf("%s: %v", scope, err)
		}
	}
	_, err := c.CreateBase(t.Context(), token, airtable.NewBase{Name: "Copy"})
	if !strings.Contains(err.Error(), "create the base “Copy”") || !strings.Contains(err.Error(), "the scope schema.bases:write") {
		t.Errorf("create base: %v", err)
	}
}

func TestRefusedIsTransientAndCutIsUnknown(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + closed.Addr().String()
	closed.Close()
	cut := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	halfway := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"records":[{"id":"rec1","fields":{}}`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	slow := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	html := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>log in</html>") })
	for _, c := range []struct {
		name, url   string
		timeout     time.Duration
		read, write failure.Class
		code        string
	}{
		{"refused", refused, 0, transient, transient, airtable.CodeConnection},
		{"no such host", "http://nowhere.invalid", 0, transient, transient, airtable.CodeConnection},
		{"cut before the response", cut.URL, 0, transient, unknown, airtable.CodeCut},
		{"cut inside the response", halfway.URL, 0, transient, unknown, airtable.CodeCut},
		{"no response in time", slow.URL, 300 * time.Millisecond, transient, unknown, airtable.CodeCut},
		{"200 that is not JSON", html.URL, 0, transient, unknown, airtable.CodeBadResponse},
	} {
		o := airtable.Options{RequestTimeout: c.timeout}
		if err := read(t, connect(t, c.url, o)); failure.ClassOf(err) != c.read || failure.CodeOf(err) != c.code {
			t.Errorf("%s, read: %s %s (%v)", c.name, failure.ClassOf(err), failure.CodeOf(err), err)
		}
		if err := write(t, connect(t, c.url, o)); failure.ClassOf(err) != c.write || failure.CodeOf(err) != c.code {
			t.Errorf("%s, write: %s %s (%v)", c.name, failure.ClassOf(err), failure.CodeOf(err), err)
		}
	}
}

func TestACancelledCallKeepsItsCause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := connect(t, s.URL, airtable.Options{}).Delete(ctx, token, "app1", "tbl1", []airtable.RecordID{"rec1"})
	if failure.ClassOf(err) != failure.UnknownOutcome || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled after it was sent: %v", err)
	}
	if err := func() error { _, err := connect(t, s.URL, airtable.Options{}).Whoami(ctx, token); return err }(); failure.ClassOf(err) != failure.Transient || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	if len(s.calls) != 1 {
		t.Errorf("%d calls were sent", len(s.calls))
	}
}

func TestAResponseOfTheWrongLengthIsUnknown(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"records":[]}`, `{}`, `{"records":[{"id":"a"},{"id":"b"}]}`, ``} {
		s := serve(t, reply(200, body))
		if err := write(t, connect(t, s.URL, airtable.Options{})); failure.ClassOf(err) != failure.UnknownOutcome || failure.CodeOf(err) != airtable.CodeBadResponse {
			t.Errorf("response %q: %v", body, err)
		}
	}
}

func TestCellsAndTokensStayOutOfErrors(t *testing.T) {
	t.Parallel()
	const cell = `Jane "JJ" Doe's
secret`
	quotedCell, _ := json.Marshal(cell)
	for _, message := range []string{
		`Cannot parse value ` + string(quotedCell) + ` for field Phone`,
		`Insufficient permissions to create new select option "\"` + cell + `\""`,
		`You sent Bearer ` + canary,
		strings.Repeat("long ", 10_000),
	} {
		body, _ := json.Marshal(map[string]any{"error": map[string]string{"type": "INVALID_VALUE_FOR_COLUMN", "message": message}})
		s := serve(t, reply(422, string(body)))
		err := write(t, connect(t, s.URL, airtable.Options{}))
		var f *failure.Error
		if !errors.As(err, &f) {
			t.Fatal(err)
		}
		for _, text := range []string{f.Message, string(f.Detail), fmt.Sprintf("%+v %#v", err, err)} {
			if strings.Contains(text, "Jane") || strings.Contains(text, "secret") || strings.Contains(text, canary) {
				t.Errorf("%q shows what it must not", text)
			}
		}
		if len(f.Message) > 1000 || len(f.Detail) > 1500 {
			t.Errorf("a message of %d bytes", len(f.Message))
		}
	}
	refused := write(t, connect(t, "http://127.0.0.1:1", airtable.Options{}))
	if text := fmt.Sprintf("%+v %#v %v", refused, refused, errors.Unwrap(refused)); strings.Contains(text, canary) {
		t.Errorf("%q shows the token", text)
	}
}

func TestATokenPrintsAsStars(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", token, "in", struct{ T airtable.Token }{token})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", token, "in", struct{ T airtable.Token }{token})
	asJSON, err := json.Marshal(map[string]any{"token": token})
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(asJSON) + token.String() + fmt.Sprintf("%v %s %q %x %d %#v %+v %v", token, token, token, token, token, token, struct{ T airtable.Token }{token}, []airtable.Token{token})
	if strings.Contains(all, canary) || strings.Contains(all, fmt.Sprintf("%x", canary)) {
		t.Errorf("a token shows: %s", all)
	}
}
