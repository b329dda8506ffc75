package sim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autospotting/coordinator/lab/invariant"
	"autospotting/test/sim/storm"
)

// proof is the page that tells people what the checker forgives and bounds.
var proof = filepath.Join("..", "..", "docs", "proof.md")

// tables are those of the page that are written in the code, by the words that stand around them.
func tables() map[string]string {
	forgiven := "| name | invariant | forgiven | nobody could have known |\n|---|---|---|---|\n"
	for _, r := range invariant.Forgivenesses {
		forgiven += fmt.Sprintf("| `%s` | `%s` | %s | %s |\n", r.Name, r.Invariant, r.What, r.Why)
	}
	bounds := "| open | at most | the product's rules |\n|---|---|---|\n"
	for _, b := range invariant.Bounds {
		bounds += fmt.Sprintf("| %s | %.0f min | %s |\n", b.Kind, b.Most.Minutes(), b.Why)
	}
	return map[string]string{"forgiven": forgiven, "bounds": bounds}
}

// TestThePageHasTheTablesOfTheChecker compares them; -update writes them anew.
func TestThePageHasTheTablesOfTheChecker(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(proof)
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for name, want := range tables() {
		head, rest, found := strings.Cut(page, "<!-- table "+name+" -->\n")
		got, tail, ended := strings.Cut(rest, "<!-- end "+name+" -->")
		if !found || !ended {
			t.Fatalf("%s has no table %q", proof, name)
		}
		if got != want && !*update {
			t.Errorf("%s has another table %q than the code; go test ./test/sim -run ThePage -update writes it anew", proof, name)
		}
		page = head + "<!-- table " + name + " -->\n" + want + "<!-- end " + name + " -->" + tail
	}
	for _, s := range storm.Scenarios {
		if !strings.Contains(page, "| `"+s.Name+"` |") {
			t.Errorf("%s says nothing of the scenario %s", proof, s.Name)
		}
	}
	if *update && page != string(raw) {
		if err := os.WriteFile(proof, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
