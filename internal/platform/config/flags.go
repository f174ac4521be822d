package config

import "github.com/spf13/pflag"

// AddFlags gives a command one flag per setting (--http-addr for http.addr) and
// --config for the file. FromFlags reads them back.
func AddFlags(fs *pflag.FlagSet) {
	fs.String("config", "", "configuration file, YAML or JSON (PAW_CONFIG)")
	c := Default()
	for _, s := range settings(&c) {
		fs.String(s.flag(), s.shown(), s.doc+" ("+s.env()+")")
	}
}

// FromFlags returns the options that were given on the command line together with
// the environment, as Load takes them.
func FromFlags(fs *pflag.FlagSet, env []string) Options {
	o := Options{Env: env, Flags: map[string]string{}}
	if f := fs.Lookup("config"); f != nil {
		o.File = f.Value.String()
	}
	c := Default()
	for _, s := range settings(&c) {
		if f := fs.Lookup(s.flag()); f != nil && f.Changed {
			o.Flags[s.key] = f.Value.String()
		}
	}
	return o
}
