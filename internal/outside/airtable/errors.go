package airtable

// Codes of failures that callers decide upon. Any other code is Airtable's
// own error type in lower case (unknown_field_name, invalid_permissions, …).
const (
	// CodeOffsetExpired: the listing must restart from its first page.
	CodeOffsetExpired = "offset_expired"
	// CodeQuotaExhausted: the workspace has used up its calls of this month.
	CodeQuotaExhausted = "quota_exhausted"
	// CodeRateLimited: the base is being left alone for the penalty.
	CodeRateLimited = "rate_limit_reached"
	// CodeModelNotFound: a 403 that may mean a missing grant as well as an unknown base or table.
	CodeModelNotFound = "invalid_permissions_or_model_not_found"
	// CodeInvalidPermissions: a 403 that means a missing scope or role.
	CodeInvalidPermissions = "invalid_permissions"
	// CodeUnauthenticated: the token is unknown, expired or revoked.
	CodeUnauthenticated = "authentication_required"
	// CodeNotFound: a record, or a malformed id in the path.
	CodeNotFound = "not_found"
	// CodeRowDoesNotExist: a batch or a link names a record that is gone.
	CodeRowDoesNotExist = "row_does_not_exist"
	// CodeConnection: no connection, nothing was sent.
	CodeConnection = "connection_failed"
	// CodeCut: the connection broke or timed out after bytes were sent.
	CodeCut = "answer_lost"
	// CodeBadAnswer: the answer was not what the API documents.
	CodeBadAnswer = "bad_answer"
	// CodeAnswerTooLarge: the answer exceeds Options.MaxAnswerBytes.
	CodeAnswerTooLarge = "answer_too_large"
)

// Detail is the failure.Error detail of every error this package returns for
// a call.
type Detail struct {
	Operation string  `json:"operation"`
	Base      BaseID  `json:"base,omitempty"`
	Table     TableID `json:"table,omitempty"`
	Status    int     `json:"status,omitempty"`  // 0: no answer
	Type      string  `json:"type,omitempty"`    // Airtable's own error type
	Message   string  `json:"message,omitempty"` // Airtable's own words, without cell values
	Scope     string  `json:"scope,omitempty"`   // the scope that the operation needs
}

// DetailOf returns the detail of a failed call.
func DetailOf(err error) (Detail, bool) { panic("soon") }
