package airtable

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// The codes of failures that callers act on. Any other code is Airtable's own
// error type in lower case (unknown_field_name, invalid_records, …).
const (
	// CodeOffsetExpired: the listing must start again from its first page.
	CodeOffsetExpired = "offset_expired"
	// CodeQuotaExhausted: the workspace has used up its calls for this month.
	CodeQuotaExhausted = "quota_exhausted"
	// CodeRateLimited: the base is left alone for the penalty.
	CodeRateLimited = "rate_limit_reached"
	// CodeModelNotFound: a 403 that means either a missing grant or an unknown base or table.
	CodeModelNotFound = "invalid_permissions_or_model_not_found"
	// CodeInvalidPermissions: a 403 that means a missing scope or role.
	CodeInvalidPermissions = "invalid_permissions"
	// CodeUnauthenticated: the token is missing, unknown, expired or revoked.
	CodeUnauthenticated = "authentication_required"
	// CodeNotFound: there is no such route, or an id in the path is malformed.
	CodeNotFound = "not_found"
	// CodeRecordNotFound: a record (or workspace) named in the path is gone.
	CodeRecordNotFound = "model_id_not_found"
	// CodeRowDoesNotExist: a batch or a link names a record that is gone.
	CodeRowDoesNotExist = "row_does_not_exist"
	// CodeInvalidRequest: refused here, before anything was sent.
	CodeInvalidRequest = "invalid_request"
	// CodeConnection: there was no connection, so nothing was sent.
	CodeConnection = "connection_failed"
	// CodeCut: the connection broke or timed out after something was sent.
	CodeCut = "answer_lost"
	// CodeBadResponse: the response was not what the API documents.
	CodeBadResponse = "bad_answer"
	// CodeResponseTooLarge: the response exceeds Options.MaxResponseBytes.
	CodeResponseTooLarge = "answer_too_large"
)

// Detail is the failure.Error detail of every failed call.
type Detail struct {
	Operation string  `json:"operation"`
	Base      BaseID  `json:"base,omitempty"`
	Table     TableID `json:"table,omitempty"`
	Status    int     `json:"status,omitempty"`  // 0: no response
	Type      string  `json:"type,omitempty"`    // Airtable's own error type
	Message   string  `json:"message,omitempty"` // Airtable's own words, without the values of cells
	Scope     string  `json:"scope,omitempty"`   // the scope that the operation needs
}

// DetailOf returns the detail of a failed call.
func DetailOf(err error) (Detail, bool) {
	var d Detail
	var f *failure.Error
	if !errors.As(err, &f) || len(f.Detail) == 0 || json.Unmarshal(f.Detail, &d) != nil {
		return Detail{}, false
	}
	return d, d.Operation != ""
}

// fail builds the failure of a call: what was being done, then the cause and the fix.
func (r request) fail(class failure.Class, code string, d Detail, cause error, format string, args ...any) *failure.Error {
	d.Operation, d.Base, d.Table, d.Scope = r.op.name, r.base, r.table, r.op.scope
	f := failure.Wrap(cause, class, code, "%s: %s", r.doing(), fmt.Sprintf(format, args...))
	f.Detail, _ = json.Marshal(d) // strings and a number always have a JSON form
	return f
}

// invalid refuses a call before anything is sent.
func (r request) invalid(format string, args ...any) *failure.Error {
	return r.fail(failure.Validation, CodeInvalidRequest, Detail{}, nil, format, args...)
}

// lost is the class of a call whose response never came or cannot be used.
func (r request) lost() failure.Class {
	if r.op.effects {
		return failure.UnknownOutcome
	}
	return failure.Transient // reading again is harmless
}

// notSent adds to the error of a failed wait which call was not sent.
func (r request) notSent(err error) error {
	var f *failure.Error
	if !errors.As(err, &f) {
		return err
	}
	named := r.fail(f.Class, f.Code, Detail{}, f.Cause, "%s", f.Message)
	named.RetryAfter = f.RetryAfter
	return named
}

// noResponse classifies a call that got no response.
func (r request) noResponse(err error, maybeSent bool) *failure.Error {
	cause := unwrapURL(err)
	if !maybeSent {
		return r.fail(failure.Transient, CodeConnection, Detail{}, cause, "could not connect to Airtable, so nothing was sent: %v", cause)
	}
	return r.fail(r.lost(), CodeCut, Detail{}, cause, "the request was sent but no answer came: %v", cause)
}

// badResponse classifies a call whose response cannot be used.
func (r request) badResponse(code string, status int, cause error, format string, args ...any) *failure.Error {
	class := r.lost()
	if code == CodeResponseTooLarge && class == failure.Transient {
		class = failure.Validation // the same page would be just as large
	}
	return r.fail(class, code, Detail{Status: status}, cause, format, args...)
}
