// Package config is the process's configuration: one typed struct, one file
// per section with its defaults and its checks, filled from defaults, then a
// file (YAML or JSON), then PAW_ environment variables, then flags. It opens
// nothing and starts nothing; that is the work of the package that reads it.
package config
