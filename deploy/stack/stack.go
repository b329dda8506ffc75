// Package stack holds the CloudFormation templates of an installation, as they are sent to AWS.
package stack

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// The templates' names.
const (
	Artifacts    = "artifacts"    // the bucket that the function and spotd are installed from
	Autospotting = "autospotting" // everything else
)

// MaxInline is the largest template, in bytes, that CloudFormation takes in the request itself.
const MaxInline = 51200

// Names lists the templates in the order in which they are installed.
func Names() []string { return []string{Artifacts, Autospotting} }

// Template returns the text of a template; the error names those that there are.
func Template(name string) ([]byte, error) {
	b, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no template %q: write one of %s", name, strings.Join(Names(), ", "))
	}
	return b, nil
}

// Inline is a template as it goes into a request: without the lines that only people read.
func Inline(name string) (string, error) {
	b, err := Template(name)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
			out.WriteString(line)
		}
	}
	return out.String(), nil
}
