package client

import (
	"net/http"
)

// Client calls one server with one token. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client of the server at url ("http://127.0.0.1:8080").
func New(url, token string) *Client {
	return &Client{base: url, token: token, http: &http.Client{}}
}
