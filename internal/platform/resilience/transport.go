package resilience

import (
	"cmp"
	"net"
	"net/http"
	"time"
)

// TransportOptions bounds the phases of a call. A field that is zero takes its
// default.
type TransportOptions struct {
	ConnectTimeout   time.Duration // 5 s
	TLSTimeout       time.Duration // 5 s
	FirstByteTimeout time.Duration // 30 s from the end of the request to the header of the response
	IdleTimeout      time.Duration // 90 s until an unused connection is closed
	MaxIdlePerHost   int           // 16 connections kept for reuse
}

// NewTransport returns an HTTP transport with these bounds. It reuses
// connections; the owner of the client calls CloseIdleConnections when done.
func NewTransport(o TransportOptions) *http.Transport {
	dialer := &net.Dialer{Timeout: cmp.Or(o.ConnectTimeout, 5*time.Second), KeepAlive: 30 * time.Second}
	perHost := cmp.Or(o.MaxIdlePerHost, 16)
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   cmp.Or(o.TLSTimeout, 5*time.Second),
		ResponseHeaderTimeout: cmp.Or(o.FirstByteTimeout, 30*time.Second),
		IdleConnTimeout:       cmp.Or(o.IdleTimeout, 90*time.Second),
		MaxIdleConnsPerHost:   perHost,
		MaxIdleConns:          4 * perHost,
		ExpectContinueTimeout: time.Second,
	}
}
