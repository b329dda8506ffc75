package stack

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Parameters lists the names of a template's parameters, sorted.
func Parameters(name string) ([]string, error) {
	text, err := Template(name)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Parameters map[string]yaml.Node `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return slices.Sorted(maps.Keys(doc.Parameters)), nil
}
