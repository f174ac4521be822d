package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"syscall"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/config"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// The exit codes of the process.
const (
	ExitOK          = 0   // done
	ExitInternal    = 1   // a bug in this program or in the server: please report it
	ExitInput       = 2   // a mistake in what you typed, in a file or in the configuration; or not possible in this state
	ExitEnvironment = 3   // the server is down or not ready, a port is taken, a disk is full
	ExitAuth        = 4   // no token, an invalid one, or one that lacks the permission
	ExitFailed      = 5   // the execution failed or was cancelled
	ExitWaiting     = 6   // the execution is parked until someone acts
	ExitFormat      = 7   // the store was made by another build, and this one cannot read it
	ExitInterrupted = 130 // Ctrl-C
)

// ExitCode is the only place where an error becomes an exit code. An error with a
// code of its own (WithCode) wins; an error that no one has classified is a bug.
func ExitCode(err error) int {
	var coded *codedError
	var answered *client.Error
	var down *client.UnreachableError
	var faulty *config.Error
	var unopened *db.ConnectionError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &down):
		return ExitEnvironment
	case errors.Is(err, db.ErrFormat):
		return ExitFormat
	case errors.Is(err, db.ErrInUse), errors.Is(err, blob.ErrInUse), errors.Is(err, blob.ErrForeign), errors.Is(err, syscall.ENOSPC), errors.Is(err, fs.ErrPermission):
		return ExitEnvironment
	case errors.As(err, &unopened):
		return ExitEnvironment
	case errors.As(err, &faulty):
		return ExitInput
	case errors.As(err, &answered):
		return exitOfStatus(answered.Status)
	}
	return ExitInternal
}

func exitOfStatus(status int) int {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return ExitAuth
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		return ExitEnvironment
	case status >= 300 && status < 500:
		return ExitInput
	}
	return ExitInternal
}

// codedError is an error with an exit code of its own.
type codedError struct {
	error
	code int
}

// Unwrap returns the error itself.
func (e *codedError) Unwrap() error { return e.error }

// WithCode gives err an exit code; injected commands use it where only they can
// tell. A nil err stays nil.
func WithCode(err error, code int) error {
	if err == nil {
		return nil
	}
	return &codedError{error: err, code: code}
}

// explain adds the fix where only the command line knows it.
func explain(err error) string {
	text := err.Error()
	var answered *client.Error
	if errors.As(err, &answered) {
		switch answered.Status {
		case http.StatusUnauthorized:
			text = "the server refused the token: it is mistyped, expired or revoked; set PAW_TOKEN or --token to a valid token of this server (the first start printed one and wrote it to admin-token in data_dir)"
		case http.StatusInternalServerError:
			text += " (request " + answered.RequestID + ")"
		}
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return text
}
