package config

import (
	"path/filepath"
)

// Config is everything that an operator may set. The key tag is the name in the
// file, the doc tag is the reference text, and the secret tag says what must not
// be shown: "password" hides the password in a URL.
type Config struct {
	DataDir  string   `key:"data_dir" doc:"Folder for the embedded database, the blobs and the key files; created with mode 0700 if it does not exist."`
	Engine   string   `key:"engine" doc:"Durable engine: local."`
	HTTP     HTTP     `key:"http"`
	Database Database `key:"database"`
	Airtable Airtable `key:"airtable"`
	Limits   Limits   `key:"limits"`
	Log      Log      `key:"log"`
}

// Default returns the configuration of a process for which nothing is set.
func Default() Config {
	return Config{
		DataDir:  "paw-data",
		Engine:   "local",
		HTTP:     defaultHTTP(),
		Airtable: defaultAirtable(),
		Limits:   defaultLimits(),
		Log:      defaultLog(),
	}
}

// fill derives the settings that follow from others.
func (c *Config) fill() {
	if c.Database.URL == "" {
		c.Database.URL = "sqlite:" + filepath.Join(c.DataDir, "paw.db")
	}
}

// check returns one sentence for each fault in the whole configuration.
func (c *Config) check() []string {
	var faults []string
	if c.DataDir == "" {
		faults = append(faults, `data_dir is empty; name a folder, for example "paw-data"`)
	}
	switch c.Engine {
	case "local":
	case "temporal":
		faults = append(faults, `engine "temporal" is not available yet; use "local"`)
	default:
		faults = append(faults, `engine "`+c.Engine+`" is unknown; use "local"`)
	}
	faults = append(faults, c.HTTP.check()...)
	faults = append(faults, c.Database.check()...)
	faults = append(faults, c.Airtable.check()...)
	faults = append(faults, c.Limits.check()...)
	return append(faults, c.Log.check()...)
}
