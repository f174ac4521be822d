package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // knows the size of a GIF
	_ "image/jpeg" // knows the size of a JPEG
	_ "image/png"  // knows the size of a PNG
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"time"
)

const (
	// maxBytes bounds a file. Airtable takes 1 GB.
	maxBytes = 64 << 20
	// maxRedirects is how often a url may lead to another.
	maxRedirects = 3
	// fetchTimeout bounds one fetch.
	fetchTimeout = 30 * time.Second
)

// Fetched is a file that was fetched.
type Fetched struct {
	Data          []byte
	Type          string // without parameters
	Width, Height int    // of an image; 0 otherwise
}

var client = &http.Client{
	Timeout: fetchTimeout,
	CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		return nil
	},
}

// Fetch gets the file behind a url. Whatever answers with a success is a file, a login page too.
func Fetch(ctx context.Context, address string) (Fetched, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Fetched{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return Fetched{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return Fetched{}, fmt.Errorf("fetch %s: %s", address, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
	if err != nil {
		return Fetched{}, err
	}
	if len(data) > maxBytes {
		return Fetched{}, fmt.Errorf("fetch %s: more than %d bytes", address, maxBytes)
	}
	return describe(data, resp.Header.Get("Content-Type")), nil
}

// describe finds out what can be known of a file.
func describe(data []byte, contentType string) Fetched {
	f := Fetched{Data: data}
	var err error
	if f.Type, _, err = mime.ParseMediaType(contentType); err != nil {
		f.Type, _, _ = mime.ParseMediaType(http.DetectContentType(data))
	}
	if size, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		f.Width, f.Height = size.Width, size.Height
	}
	return f
}

// Name is the filename that a url suggests, or "" when it suggests none.
func Name(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := path.Base(parsed.Path)
	if name == "." || name == "/" {
		return ""
	}
	return name
}

// extensions are the usual endings of the commonest types; the system's tables have odd ones first.
var extensions = map[string]string{"text/plain": ".txt", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "text/html": ".html", "application/pdf": ".pdf"}

// NameFor is the name of a file whose url suggests none.
func NameFor(contentType string) string {
	if known := extensions[contentType]; known != "" {
		return "a" + known
	}
	if all, err := mime.ExtensionsByType(contentType); err == nil && len(all) > 0 {
		return "a" + all[0]
	}
	return "a"
}
