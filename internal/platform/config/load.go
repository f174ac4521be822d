package config

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

// Options names the sources of a configuration.
type Options struct {
	// File is the path of a YAML or JSON file. If it is empty, PAW_CONFIG in Env
	// names the file; if that is empty too, there is none.
	File string
	// Env is the environment as NAME=value pairs, as os.Environ returns it.
	Env []string
	// Flags holds what was given on the command line, by key ("http.addr").
	Flags map[string]string
}

// Loaded is a checked configuration together with where it came from.
type Loaded struct {
	Config
	// File is the path that was read, or "".
	File string
	// Warnings are sentences for the log: unknown PAW_ variables.
	Warnings []string
	sources  map[string]string
}

// Entry is one setting as `config check` shows it, without secrets.
type Entry struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"` // default | file PATH | environment PAW_… | flag --…
	Doc    string `json:"doc"`
}

// Error lists every fault of a configuration, one sentence each.
type Error struct{ Faults []string }

// Error returns the faults, one per line.
func (e *Error) Error() string {
	return "the configuration has faults:\n  " + strings.Join(e.Faults, "\n  ")
}

// Load reads the sources in order and checks the result; later sources win. The
// error is an *Error that lists every fault, or says why the file could not be
// read.
func Load(o Options) (*Loaded, error) {
	l := &Loaded{Config: Default(), sources: map[string]string{}}
	byKey := map[string]setting{}
	for _, s := range settings(&l.Config) {
		byKey[s.key] = s
		l.sources[s.key] = "default"
	}
	env := environment(o.Env)
	l.File = o.File
	if l.File == "" {
		l.File = env["PAW_CONFIG"]
	}
	var faults []string
	if l.File != "" {
		found, err := l.fromFile(byKey)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found...)
	}
	faults = append(faults, l.fromEnv(byKey, env)...)
	faults = append(faults, l.fromFlags(byKey, o.Flags)...)
	l.fill()
	if len(faults) == 0 {
		faults = l.check()
	}
	if len(faults) > 0 {
		sort.Strings(faults)
		return nil, &Error{Faults: faults}
	}
	return l, nil
}

// Effective lists every setting with its value and source; secrets are hidden.
func (l *Loaded) Effective() []Entry {
	var out []Entry
	for _, s := range settings(&l.Config) {
		out = append(out, Entry{Key: s.key, Value: s.shown(), Source: l.sources[s.key], Doc: s.doc})
	}
	return out
}

func (l *Loaded) fromFile(byKey map[string]setting) ([]string, error) {
	k := koanf.New(".")
	err := k.Load(file.Provider(l.File), document{})
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, unusable("the configuration file %s does not exist; correct --config or PAW_CONFIG", l.File)
	case errors.As(err, &path):
		return nil, unusable("the configuration file %s cannot be read (%v); let this user read it, or correct --config or PAW_CONFIG", l.File, path.Err)
	case err != nil:
		return nil, unusable("the configuration file %s is not readable as YAML or JSON: %v", l.File, err)
	}
	var faults []string
	for key, raw := range k.All() {
		s, known := byKey[key]
		if !known && empty(raw) && isSection(key, byKey) {
			continue
		}
		if !known {
			faults = append(faults, fmt.Sprintf("%s: unknown key %q%s", l.File, key, suggest.Nearest(key, keys(byKey))))
			continue
		}
		if err := s.set(raw); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %s %v", l.File, key, err))
			continue
		}
		l.sources[key] = "file " + l.File
	}
	return faults, nil
}

// unusable is the fault of a file that says nothing.
func unusable(format string, args ...any) error {
	return &Error{Faults: []string{fmt.Sprintf(format, args...)}}
}

// empty reports whether a section of the file has nothing in it.
func empty(raw any) bool {
	m, ok := raw.(map[string]any)
	return raw == nil || ok && len(m) == 0
}

func isSection(key string, byKey map[string]setting) bool {
	for k := range byKey {
		if strings.HasPrefix(k, key+".") {
			return true
		}
	}
	return false
}

func (l *Loaded) fromFlags(byKey map[string]setting, flags map[string]string) []string {
	var faults []string
	for key, raw := range flags {
		s, known := byKey[key]
		if !known {
			faults = append(faults, fmt.Sprintf("unknown setting %q%s", key, suggest.Nearest(key, keys(byKey))))
			continue
		}
		if err := s.set(raw); err != nil {
			faults = append(faults, fmt.Sprintf("--%s %v", s.flag(), err))
			continue
		}
		l.sources[key] = "flag --" + s.flag()
	}
	return faults
}

func keys(byKey map[string]setting) []string {
	out := make([]string, 0, len(byKey))
	for key := range byKey {
		out = append(out, key)
	}
	sort.Strings(out)
	return out
}
