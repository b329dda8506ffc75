package act

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"autospotting/coordinator/market"
)

// compatibility is where people read what the two tables say.
const compatibility = "../../docs/compatibility.md"

func TestTheDocumentationHasTheRulesAndTheFields(t *testing.T) {
	t.Parallel()
	var rules, rows strings.Builder
	for i, r := range market.Rules() {
		fmt.Fprintf(&rules, "%d. %s\n", i+1, r)
	}
	rows.WriteString("| field | treatment | why, or what a type needs |\n|---|---|---|\n")
	for _, f := range fields {
		if prefix, _, nested := strings.Cut(f.name, "."); nested && (prefix == "InstanceRequirements" || prefix == "InstanceMarketOptions") {
			if strings.Contains(rows.String(), "`"+prefix+"`") {
				continue
			}
			f.name = prefix
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", f.name, f.is, f.why)
	}
	var groups strings.Builder
	groups.WriteString("| field | meaning | why |\n|---|---|---|\n")
	for _, f := range groupFields {
		fmt.Fprintf(&groups, "| `%s` | %s | %s |\n", f.name, f.is, f.why)
	}
	b, err := os.ReadFile(compatibility)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, between(t, string(b), "<!-- rules -->", rules.String()), "<!-- fields -->", rows.String())
	want = between(t, want, "<!-- groups -->", groups.String())
	if *update {
		if err := os.WriteFile(compatibility, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(b) != want {
		t.Errorf("%s is not what the code says: go test ./coordinator/act -run Documentation -update", compatibility)
	}
}

// between puts text between a mark and the next end.
func between(t *testing.T, page, mark, text string) string {
	t.Helper()
	before, rest, found := strings.Cut(page, mark+"\n")
	_, after, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		t.Fatalf("the page has no %s with an end", mark)
	}
	return before + mark + "\n" + text + "<!-- end -->" + after
}
