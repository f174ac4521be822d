// Package examples holds the configurations of the product's description, word
// for word, and larger ones that the demo runs. It holds no code.
package examples

import "embed"

// Files are the configurations, by file name.
//
//go:embed *.json
var Files embed.FS
