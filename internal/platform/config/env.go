package config

import (
	"fmt"
	"sort"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// otherVariables are the PAW_ names that are not settings: those of the command
// line, the path of the file, and the master key.
var otherVariables = [...]string{"PAW_URL", "PAW_TOKEN", "PAW_CONFIG", "PAW_MASTER_KEY"}

// environment keeps the PAW_ variables of an environment.
func environment(env []string) map[string]string {
	out := map[string]string{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PAW_") {
			out[name] = value
		}
	}
	return out
}

// fromEnv applies the variables. An unknown one is a warning, not a fault, because
// an environment is shared with other programs and later versions.
func (l *Loaded) fromEnv(byKey map[string]setting, env map[string]string) []string {
	known := append([]string{}, otherVariables[:]...)
	rest := map[string]bool{}
	for name := range env {
		rest[name] = true
	}
	for _, name := range otherVariables {
		delete(rest, name)
	}
	var faults []string
	for key, s := range byKey {
		name := s.env()
		known = append(known, name)
		delete(rest, name)
		raw, given := env[name]
		if !given {
			continue
		}
		if err := s.set(raw); err != nil {
			faults = append(faults, fmt.Sprintf("%s %v", name, err))
			continue
		}
		l.sources[key] = "environment " + name
	}
	l.warn(rest, known)
	return faults
}

func (l *Loaded) warn(rest map[string]bool, known []string) {
	sort.Strings(known)
	for name := range rest {
		if strings.HasPrefix(name, "PAW_TEST_") {
			continue
		}
		l.Warnings = append(l.Warnings, fmt.Sprintf("the environment variable %s is unknown and has no effect%s", name, suggest.Nearest(name, known)))
	}
	sort.Strings(l.Warnings)
}
