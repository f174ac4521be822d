// Package config is the configuration of the process: one typed struct, with a
// file for each section that holds its defaults and checks. It is filled from the
// defaults, then a file (YAML or JSON), then PAW_ environment variables, then
// flags. The package opens and starts nothing; its readers do.
package config
