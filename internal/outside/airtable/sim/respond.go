package sim

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// minGzip is the length from which a body is compressed for callers who take that, in bytes.
const minGzip = 1024

// alwaysSent are the headers that Airtable puts on every answer, so that pages in a browser may call it.
var alwaysSent = map[string]string{
	"Access-Control-Allow-Origin":  "*",
	"Access-Control-Allow-Methods": "DELETE,GET,OPTIONS,PATCH,POST,PUT",
	"Access-Control-Allow-Headers": "authorization,content-length,content-type,user-agent,x-airtable-application-id," +
		"x-airtable-user-agent,x-api-version,x-requested-with",
	"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
	"Vary":                      "Accept-Encoding",
	"X-Content-Type-Options":    "nosniff",
	"X-Frame-Options":           "DENY",
}

// tagged are the statuses whose bodies have been seen with an ETag.
var tagged = []int{http.StatusOK, http.StatusNotFound, http.StatusUnprocessableEntity}

// writeResponse writes a body or a refusal. As on every response, the simulator's own time is on it.
func writeResponse(w http.ResponseWriter, r *http.Request, now time.Time, body []byte, err *wire.Error) {
	header := w.Header()
	for name, value := range alwaysSent {
		header.Set(name, value)
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	if err != nil {
		body = err.Body()
		if err.Shape == wire.Text {
			header.Set("Content-Type", "text/html; charset=utf-8")
		}
		if err.RetryAfter > 0 {
			header.Set("Retry-After", strconv.Itoa(err.RetryAfter))
		}
	}
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	status := statusOf(err)
	if len(body) > 0 && slices.Contains(tagged, status) {
		header.Set("ETag", etag(body))
	}
	if len(body) >= minGzip && takesGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		header.Set("Airtable-Uncompressed-Content-Length", strconv.Itoa(len(body)))
		body = compressed(body)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone away does not need it
}

// etag is the weak tag that Express makes: the length in hexadecimal and the beginning of the SHA-1 in base64.
func etag(body []byte) string {
	sum := sha1.Sum(body)
	return fmt.Sprintf(`W/"%x-%s"`, len(body), base64.StdEncoding.EncodeToString(sum[:])[:27])
}

// takesGzip reports whether an Accept-Encoding header asks for gzip.
func takesGzip(accepted string) bool {
	for _, one := range strings.Split(accepted, ",") {
		name, weight, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(one, " ", "")), ";q=")
		if name != "gzip" && name != "*" {
			continue
		}
		quality, err := strconv.ParseFloat(weight, 64)
		return weight == "" || err == nil && quality > 0
	}
	return false
}

func compressed(body []byte) []byte {
	var out bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // the level is a sound one
	_, _ = zip.Write(body)                              // a buffer takes everything
	_ = zip.Close()
	return out.Bytes()
}

func statusOf(err *wire.Error) int {
	if err == nil {
		return http.StatusOK
	}
	return err.Status
}
