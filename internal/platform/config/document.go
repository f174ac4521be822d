package config

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

// document reads the file for koanf: YAML, of which JSON is a part.
type document struct{}

// Unmarshal implements koanf.Parser.
func (document) Unmarshal(text []byte) (map[string]any, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil || root.IsZero() {
		return nil, err
	}
	decimal(&root)
	var out map[string]any
	err := root.Decode(&out)
	return out, err
}

// Marshal implements koanf.Parser.
func (document) Marshal(values map[string]any) ([]byte, error) { return yaml.Marshal(values) }

// leadingZeros is a whole number that YAML would read as an octal one: 010 as 8.
var leadingZeros = regexp.MustCompile(`^([-+]?)0+([0-9]+)$`)

// decimal has numbers with leading zeros read as people mean them, and as the
// environment and the flags are read.
func decimal(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 {
		n.Value = leadingZeros.ReplaceAllString(n.Value, "$1$2")
	}
	for _, child := range n.Content {
		decimal(child)
	}
}
