package request

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

// maxBody bounds a body in bytes: the largest document that there is in one, of
// 1 MiB, and what stands around it.
const maxBody = 1<<20 + 16<<10

// Deadline gives every body at most timeout to arrive, before anything looks
// at the request. Without it a caller without a token could hold a connection
// forever: the server reads what is left of a body before it answers 401. Only
// a complete body lifts the deadline; the server itself sets a new one for the
// next request.
func Deadline(timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// A recorder in a test has no deadline; a connection always has one.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout))
		}
		next.ServeHTTP(w, r)
	})
}

// receive returns the whole body, nil where there is none.
func receive(w http.ResponseWriter, r *http.Request) ([]byte, *problem.Details) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		// The deadline must not outlive the body: it would end the request's
		// context while the handler works. It stays while bytes are missing,
		// since the server waits for them before it answers.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem.New(http.StatusRequestEntityTooLarge, "body_too_large", fmt.Sprintf("the body is larger than %d KiB; send less", maxBody>>10))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, problem.New(http.StatusRequestTimeout, "body_incomplete", "the body did not arrive completely in time; send it again")
	case err != nil:
		return nil, problem.New(http.StatusBadRequest, "body_unreadable", "the body breaks off, or its transfer encoding is malformed; send it again")
	}
	return body, nil
}

// encoded refuses a body that is anything but plain JSON in UTF-8, and says what
// it is.
func encoded(w http.ResponseWriter, r *http.Request) *problem.Details {
	mediaType, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch charset := parameters["charset"]; {
	case err != nil || mediaType != "application/json":
		return problem.New(http.StatusUnsupportedMediaType, "unsupported_media_type", "this API takes JSON only; send the header Content-Type: application/json")
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return problem.New(http.StatusUnsupportedMediaType, "unsupported_charset", fmt.Sprintf("the body is declared as %q; JSON is UTF-8: send it so, and leave charset out", clip(charset)))
	}
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Content-Encoding"), ","), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			w.Header().Set("Accept-Encoding", "identity") // RFC 9110, 15.5.16
			return problem.New(http.StatusUnsupportedMediaType, "unsupported_content_encoding", fmt.Sprintf("the body has the content encoding %q; send it without one", clip(coding)))
		}
	}
	return nil
}

// clip shortens what a caller sent for a sentence.
func clip(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
