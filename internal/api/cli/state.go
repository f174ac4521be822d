package cli

import (
	"io"
	"strings"
)

// State is everything that a command may touch of the process. main builds
// the real one, tests build one with buffers, so that any number of commands
// runs in parallel in one process. Signals arrive as the end of the context
// that Main is given.
type State struct {
	Args     []string // without the program's name
	Env      []string // NAME=value
	Stdin    io.Reader
	Stdout   io.Writer
	Stderr   io.Writer
	Terminal bool   // Stdout is a terminal: progress may be drawn
	Version  string // what --version prints
}

// Getenv returns the last value of name in Env, or "".
func (s *State) Getenv(name string) string {
	value := ""
	for _, pair := range s.Env {
		if n, v, _ := strings.Cut(pair, "="); n == name {
			value = v
		}
	}
	return value
}
