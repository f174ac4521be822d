package airtable

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

// classify turns a refusal into a failure. The status decides the class, except
// for the monthly quota, which shares 429 with the rate limit.
func (c *Client) classify(tok Token, r request, resp *http.Response, body []byte) *failure.Error {
	d := Detail{Status: resp.StatusCode}
	d.Type, d.Message = parseError(body)
	d.Type, d.Message = withoutToken(d.Type, tok), presentable(d.Message, tok)
	said := refusal(d, resp)
	switch status := resp.StatusCode; {
	case d.Type == "PUBLIC_API_BILLING_LIMIT_EXCEEDED":
		return r.fail(failure.RateLimited, CodeQuotaExhausted, d, nil, "%s: the workspace has used up its API calls for this month: wait until the 1st (UTC) or upgrade its plan, then resume", said)
	case status == http.StatusTooManyRequests:
		wait, longer := retryAfter(resp.Header, c.o.Clock.Now(), c.o.Penalty)
		f := r.fail(failure.RateLimited, code(d, CodeRateLimited), d, nil, "%s: everyone who calls this base shares its rate limit%s", said, longer)
		f.RetryAfter = wait
		return f
	case status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		wait, longer := retryAfter(resp.Header, c.o.Clock.Now(), 0)
		f := r.fail(failure.RateLimited, code(d, "service_unavailable"), d, nil, "%s: Airtable asks callers to come back later%s", said, longer)
		f.RetryAfter = wait
		return f
	case status == http.StatusUnauthorized:
		return r.fail(failure.Auth, code(d, CodeUnauthenticated), d, nil, "%s: the token is unknown, expired or revoked: give the connection a new one", said)
	case status == http.StatusForbidden:
		return r.fail(failure.Auth, code(d, CodeInvalidPermissions), d, nil, "%s: %s", said, grantFix(r))
	case d.Type == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE":
		return r.fail(failure.Validation, CodeOffsetExpired, d, nil, "%s: the listing has expired: start it again from its first page", said)
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		return r.fail(failure.Conflict, code(d, "conflict"), d, nil, "%s", said)
	case safeToRepeat(status):
		return r.fail(failure.Transient, code(d, "unavailable"), d, nil, "%s: the call had no effect and can be repeated", said)
	case status >= 500:
		return r.fail(r.lost(), code(d, "server_error"), d, nil, "%s", said)
	case status < 400:
		return r.fail(failure.Validation, "redirected", d, nil, "%s: Airtable never redirects: correct airtable.base_url", said)
	default:
		return r.fail(failure.Validation, code(d, "http_"+strconv.Itoa(status)), d, nil, "%s", said)
	}
}

// safeToRepeat reports whether a status promises that nothing happened.
func safeToRepeat(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusBadGateway, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// grantFix names what may be missing after a 403. An unknown base or table looks
// the same as a missing grant.
func grantFix(r request) string {
	switch {
	case r.op == opCreateBase:
		return fmt.Sprintf("give the token the scope %s and access to all workspaces, and make its owner a creator in the workspace", r.op.scope)
	case r.op.scope == "":
		return "the token cannot be used for the API: create a new one"
	}
	role := "a collaborator"
	switch r.op.scope {
	case writeRecords:
		role = "an editor"
	case writeSchema:
		role = "a creator"
	}
	return fmt.Sprintf("check that the base and the table exist, that the token has the scope %s and the base %s in its access list, and that its owner is %s there", r.op.scope, r.base, role)
}

// refusal is what Airtable answered, in words.
func refusal(d Detail, resp *http.Response) string {
	s := "Airtable refused with " + strconv.Itoa(d.Status)
	switch {
	case d.Type != "" && d.Message != "":
		return s + " " + d.Type + ": " + strings.TrimRight(d.Message, ".")
	case d.Type != "":
		return s + " " + d.Type
	}
	return s + " and " + describe(resp)
}

// describe is a body that cannot be quoted, in words.
func describe(resp *http.Response) string {
	contentType, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if contentType == "" {
		return "a body of no stated type"
	}
	return "a body of type " + contentType
}

func code(d Detail, otherwise string) string {
	if d.Type == "" {
		return otherwise
	}
	return strings.ToLower(d.Type)
}

// parseError reads the three shapes of refusals: {"error":{"type","message"}},
// {"error":"TYPE"} and {"errors":[{"error","message"}]}. Anything else, such as
// a proxy's HTML, yields nothing.
func parseError(body []byte) (typ, message string) {
	var shape struct {
		Error   json.RawMessage `json:"error"`
		Errors  []errorObject   `json:"errors"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(body, &shape) != nil {
		return "", ""
	}
	var object errorObject
	switch {
	case json.Unmarshal(shape.Error, &typ) == nil && typ != "":
		return typeName(typ), shape.Message
	case json.Unmarshal(shape.Error, &object) == nil && object.name() != "":
		return typeName(object.name()), object.Message
	case len(shape.Errors) > 0:
		return typeName(shape.Errors[0].name()), shape.Errors[0].Message
	}
	return "", shape.Message
}

type errorObject struct {
	Type    string `json:"type"`
	Error   string `json:"error"`
	Message string `json:"message"`
}

func (e errorObject) name() string {
	if e.Type != "" {
		return e.Type
	}
	return e.Error
}

var typeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

// typeName returns s if it can be a type, which becomes a code.
func typeName(s string) string {
	if !typeForm.MatchString(s) {
		return ""
	}
	return s
}

// withoutToken drops a type that quotes the token: as a code it is in lower case,
// where no one would find it to mask it.
func withoutToken(typ string, tok Token) string {
	if tok != "" && strings.Contains(strings.ToLower(typ), strings.ToLower(string(tok))) {
		return ""
	}
	return typ
}

const maxMessage = 500

// Airtable quotes the offending cell in two messages. Customers' cells must not
// reach journals and logs, so the value is left out.
var (
	valueInParse  = regexp.MustCompile(`(?s)(Cannot parse value ).*( for field )`)
	valueInSelect = regexp.MustCompile(`(?s)(create new select option ).*`)
)

// presentable makes Airtable's message fit for journals and logs.
func presentable(message string, tok Token) string {
	message = valueInParse.ReplaceAllString(message, `${1}“…”${2}`)
	message = valueInSelect.ReplaceAllString(message, `${1}“…”`)
	message = strings.ReplaceAll(message, string(tok), mask)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	return message
}

// maxRetryAfter is the longest wait that a header may ask for. Airtable's penalty
// is 30 s and its monthly quota has a code of its own, so more than this is a
// proxy's mistake or a wrong clock, and everyone who calls the base would wait.
const maxRetryAfter = time.Hour

// retryAfter reads the Retry-After header in both its forms, seconds and date. If
// it asks for more than maxRetryAfter, longer says so.
func retryAfter(h http.Header, now time.Time, otherwise time.Duration) (wait time.Duration, longer string) {
	value := h.Get("Retry-After")
	wait = otherwise
	if s, err := strconv.ParseFloat(value, 64); err == nil && s >= 0 {
		wait = time.Duration(min(s, 2*maxRetryAfter.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(value); err == nil && at.After(now) {
		wait = at.Sub(now)
	} else {
		return wait, ""
	}
	if wait <= maxRetryAfter {
		return wait, ""
	}
	return maxRetryAfter, fmt.Sprintf("; it asks for a longer wait (Retry-After: %s), and is asked again after %s", plaintext.Cut(value, 40), maxRetryAfter)
}
