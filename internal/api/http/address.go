package http

import (
	"net/http"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

// maxURL is the limit for path and query together, in bytes.
const maxURL = 8 << 10

// secure sets the headers of every response and limits the length of the address.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if len(r.URL.Path)+len(r.URL.RawQuery) > maxURL {
			refuse(w, r, http.StatusRequestURITooLong, "url_too_long", "the address is longer than 8 KiB")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses what a browser sends on behalf of another website.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, "cross_origin", "requests from other websites are refused; call the API from a program of your own")
	}))
	return protection.Handler(next)
}

// noTokenInURL refuses a token in the address, because proxies and browsers log
// addresses. Even a valid token is refused, so that no one gets used to it.
func noTokenInURL(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found := strings.Contains(r.URL.Path, "paw_") || strings.Contains(r.URL.RawQuery, "paw_")
		for name := range r.URL.Query() {
			switch strings.ToLower(name) {
			case "token", "access_token", "api_key", "apikey", "key", "authorization":
				found = true
			}
		}
		if found {
			refuse(w, r, http.StatusBadRequest, "token_in_url", "a token does not belong in an address; send it in the Authorization header, and revoke this one")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// canonical lets only one spelling of a path reach the routes. It neither cleans
// nor redirects: any other spelling is a path that does not exist.
func canonical(next, missing http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isCanonical(r) {
			missing.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isCanonical(r *http.Request) bool {
	p := r.URL.Path
	if r.URL.RawPath != "" || strings.ContainsAny(p, ";\\\x00") || strings.Contains(p, "//") {
		return false
	}
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	// %61 for a: Go leaves RawPath empty where the decoded path has only one
	// encoding, so the raw text is checked as well.
	raw, _, _ := strings.Cut(r.RequestURI, "?")
	return r.RequestURI == "" || !strings.Contains(raw, "%")
}

// isAPI reports whether a path may be meant for a route that needs a token.
func isAPI(r *http.Request) bool { return strings.Contains(r.URL.Path, "/api/") }

func noSuchRoute(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusNotFound, "no_such_route", "there is nothing at this path; the reference is at /docs on the admin listener")
}

func refuse(w http.ResponseWriter, r *http.Request, status int, code, detail string) {
	problem.New(status, code, detail).Write(w, requestID(r.Context()))
}
