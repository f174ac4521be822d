package file

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Prefix is where the paths of all links begin.
const Prefix = "/v3/u/"

// Link is a file as it is served: which, of what type, under which name and until when.
type Link struct {
	Hash     string
	Type     string
	Filename string
	Expires  time.Time
}

// Path is the link as the path of a url. It holds all that is needed to serve the file, and a sum over it, so that
// nobody changes the time by accident.
func (l Link) Path() string {
	until := strconv.FormatInt(l.Expires.UnixMilli(), 10)
	typ := base64.RawURLEncoding.EncodeToString([]byte(l.Type))
	return Prefix + until + "/" + l.Hash + "/" + typ + "." + l.sum() + "/" + url.PathEscape(l.Filename)
}

func (l Link) sum() string {
	sum := sha256.Sum256([]byte(l.Hash + "\n" + l.Type + "\n" + l.Filename + "\n" + strconv.FormatInt(l.Expires.UnixMilli(), 10)))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// ParseLink reads an escaped path. It returns false for one that Path has not made.
func ParseLink(escaped string) (Link, bool) {
	rest, found := strings.CutPrefix(escaped, Prefix)
	parts := strings.Split(rest, "/")
	if !found || len(parts) != 4 {
		return Link{}, false
	}
	typ, sum, _ := strings.Cut(parts[2], ".")
	millis, err := strconv.ParseInt(parts[0], 10, 64)
	plain, typeErr := base64.RawURLEncoding.DecodeString(typ)
	name, nameErr := url.PathUnescape(parts[3])
	l := Link{Hash: parts[1], Type: string(plain), Filename: name, Expires: time.UnixMilli(millis)}
	return l, err == nil && typeErr == nil && nameErr == nil && l.sum() == sum
}
