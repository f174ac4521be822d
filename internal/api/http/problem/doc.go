// Package problem writes problem documents (RFC 9457), the one form of every
// failure of the HTTP API, and translates errors of the core into them. It
// knows no route and logs nothing.
package problem
