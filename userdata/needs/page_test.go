package needs

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const page = "../../docs/needs.md"

// ofPeople is the table as the page has it.
func ofPeople() string {
	var b strings.Builder
	b.WriteString("| need | in | example | why |\n|---|---|---|---|\n")
	escape := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, m := range Markers() {
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", m.Need, m.In, escape.Replace(m.Example), escape.Replace(m.Why))
	}
	return b.String()
}

func TestThePageHasEveryMarker(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), "<!-- markers -->\n")
	_, foot, ends := strings.Cut(rest, "<!-- end -->\n")
	if !ok || !ends {
		t.Fatalf("%s has no place for the markers", page)
	}
	want := head + "<!-- markers -->\n" + ofPeople() + "<!-- end -->\n" + foot
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(raw) != want {
		t.Errorf("%s is older than the table: go test ./userdata/needs -update", page)
	}
	for need := range known {
		if !strings.Contains(head, "| `"+need+"` |") {
			t.Errorf("%s does not say what %s is", page, need)
		}
	}
}
