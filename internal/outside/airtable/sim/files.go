package sim

import (
	"net/http"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
)

// fileURL says under which url a file is served to the caller who asks now: at the address by which the call came.
func (w *world) fileURL(c *call) func(cell.Attachment) string {
	expires := w.now().Add(w.urlLife)
	return func(a cell.Attachment) string {
		return c.origin + file.Link{Hash: a.Hash, Type: a.Type, Filename: a.Filename, Expires: expires}.Path()
	}
}

// style is how records look in the answer to a write.
func (w *world) style(c *call, byID bool) record.Style {
	return record.Style{ByID: byID, FileURL: w.fileURL(c)}
}

// appendDetails completes the answer to a write, an object, with what did not succeed.
func appendDetails(out []byte, change *record.Change) []byte {
	if !change.DroppedFiles() {
		return out
	}
	return append(out[:len(out)-1], `,"details":{"message":"partialSuccess","reasons":["attachmentsFailedUploading"]}}`...)
}

// origin is the scheme and the host by which a call came.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// serveFile answers the url of an attachment. It needs no token; whoever has the url has the file until it expires.
func (w *world) serveFile(out http.ResponseWriter, r *http.Request) {
	link, sound := file.ParseLink(r.URL.EscapedPath())
	data, err := w.files.Get(link.Hash)
	out.Header().Set("Date", w.now().UTC().Format(http.TimeFormat))
	switch {
	case !sound || err != nil:
		http.Error(out, "Not found", http.StatusNotFound)
	case w.now().After(link.Expires):
		out.Header().Set("Content-Type", "text/html; charset=utf-8")
		out.WriteHeader(http.StatusGone)
		_, _ = out.Write([]byte("<html><body><h1>This URL has expired</h1></body></html>"))
	default:
		out.Header().Set("Content-Type", link.Type)
		out.Header().Set("X-Content-Type-Options", "nosniff")
		out.Header().Set("Content-Disposition", `inline; filename="`+strings.Map(plainName, link.Filename)+`"`)
		http.ServeContent(out, r, "", time.Time{}, strings.NewReader(string(data)))
	}
}

// plainName replaces what may not stand in a quoted header.
func plainName(r rune) rune {
	if r < ' ' || r > '~' || r == '"' || r == '\\' {
		return '_'
	}
	return r
}
