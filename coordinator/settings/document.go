package settings

import (
	"fmt"
	"strings"
)

// Document renders the table for docs/configuration.md.
func Document() string {
	var b strings.Builder
	b.WriteString("| tag `autospotting:…` or `autospotting/…`, flag `--…` | values | default | what it does | the predecessor's tag |\n|---|---|---|---|---|\n")
	for _, t := range table {
		value := t.Default
		if value == "" {
			value = "none"
		}
		var old []string
		for _, p := range t.Predecessor {
			old = append(old, "`"+p+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", t.Name, t.Values, value, t.Help, strings.Join(old, ", "))
	}
	return b.String()
}
