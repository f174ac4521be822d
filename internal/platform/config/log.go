package config

import (
	"fmt"
	"slices"
)

// Log says what the process writes about itself.
type Log struct {
	Level  string `key:"level" doc:"Lowest level to write: debug, info, warn or error."`
	Format string `key:"format" doc:"text for people, json for machines."`
}

func defaultLog() Log { return Log{Level: "info", Format: "text"} }

func (l Log) check() []string {
	return append(
		oneOf("log.level", l.Level, "debug", "info", "warn", "error"),
		oneOf("log.format", l.Format, "text", "json")...)
}

func oneOf(key, value string, allowed ...string) []string {
	if slices.Contains(allowed, value) {
		return nil
	}
	return []string{fmt.Sprintf("%s is %q; use one of %v", key, value, allowed)}
}
