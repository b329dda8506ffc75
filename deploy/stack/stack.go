// Package stack holds the CloudFormation templates of an installation, as they are sent to AWS.
package stack

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// The templates' names.
const (
	Artifacts    = "artifacts"    // the bucket that the function and spotd are installed from
	Autospotting = "autospotting" // everything else
	Generator    = "generator"    // one account's tick for those of its organization
)

// The largest templates, in bytes, that CloudFormation takes (its user guide, "CloudFormation quotas").
const (
	MaxInline = 51200     // in the request itself
	MaxStored = 1_000_000 // from S3: 1 MB
)

// Names lists the templates: the two of an installation in the order in which they are installed, and the generator.
func Names() []string { return []string{Artifacts, Autospotting, Generator} }

// Template returns the text of a template; the error names those that there are.
func Template(name string) ([]byte, error) {
	b, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no template %q: write one of %s", name, strings.Join(Names(), ", "))
	}
	return b, nil
}

// Inline is a template as it goes into a request, which takes MaxInline bytes, where there is no bucket for it: without what only people and checks read
// (comments, metadata, descriptions of parameters), and no further indented than YAML needs. Texts in it (|) keep their form.
func Inline(name string) (string, error) {
	b, err := Template(name)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	var at columns
	text, base, moved := false, 0, 0 // within a text, how far that is indented, and by how much less it is now
	metadata := -1                   // how far the metadata is indented that the line may be of
	for line := range strings.Lines(string(b)) {
		content := strings.TrimLeft(line, " ")
		indent := len(line) - len(content)
		if text && base == 0 {
			base = indent
			moved = base - at.of(base)
		}
		if text && (indent >= base || content == "\n") {
			out.WriteString(strings.Repeat(" ", max(0, indent-moved)) + content)
			continue
		}
		if text, base = false, 0; content == "\n" || content[0] == '#' || metadata >= 0 && indent > metadata {
			continue
		}
		if metadata = -1; content == "Metadata:\n" {
			metadata = indent
			continue
		}
		content = described.ReplaceAllString(bare(content), "}")
		to := at.of(indent)
		out.WriteString(strings.Repeat(" ", to) + content)
		if strings.HasPrefix(content, "- ") {
			at = append(at, column{indent + 2, to + 2}) // where the element's keys stand
		}
		text = blockText.MatchString(content)
	}
	return out.String(), nil
}

// bare is a line without the comment at its end.
func bare(line string) string {
	at := strings.Index(line, " # ")
	if at < 0 || strings.Count(line[:at], "'")%2 == 1 || strings.Count(line[:at], `"`)%2 == 1 { // within a quotation
		return line
	}
	return strings.TrimRight(line[:at], " ") + "\n"
}

// columns are those at which the levels around a line begin, and what they become: one more than the level around.
type columns []column

type column struct{ from, to int }

func (c *columns) of(indent int) int {
	levels := *c
	for len(levels) > 0 && levels[len(levels)-1].from > indent {
		levels = levels[:len(levels)-1]
	}
	switch {
	case indent == 0:
		levels = columns{{0, 0}}
	case levels[len(levels)-1].from < indent:
		levels = append(levels, column{indent, levels[len(levels)-1].to + 1})
	}
	*c = levels
	return levels[len(levels)-1].to
}

// described is the description at the end of a parameter that stands on one line.
var described = regexp.MustCompile(`(?m), Description: '(?:[^']|'')*'\}$`)

// blockText ends a line after which a text begins.
var blockText = regexp.MustCompile(`(^|[ :])\|[-+]?\n$`)
