package decide

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"autospotting/coordinator/decide/books"
)

// The page that people read has the table of rules and the life of a debt as they are in the code; -update writes them into it.
func TestTheDocumentationHasTheRulesAndTheLifeOfADebt(t *testing.T) {
	t.Parallel()
	const page = "../../docs/protocol.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, string(text), "rules", ruleTable())
	want = between(t, want, "debts", debtDiagram())
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s is not what the code says: go test ./coordinator/decide -run Documentation -update", page)
	}
}

func between(t *testing.T, text, name, with string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	a, b := strings.Index(text, begin), strings.Index(text, end)
	if a < 0 || b < a {
		t.Fatalf("the page has no place for the %s", name)
	}
	return text[:a+len(begin)] + with + text[b:]
}

func ruleTable() string {
	var b strings.Builder
	b.WriteString("| rule | name | why it stands there |\n|---|---|---|\n")
	for _, r := range rules {
		why := r.why
		if r.free {
			why += " *(free)*"
		}
		fmt.Fprintf(&b, "| R%d | %s | %s |\n", r.number, r.name, why)
	}
	return b.String()
}

func debtDiagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> attaching: written before the call\n")
	for _, t := range books.Transitions {
		if t.From != t.To {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", t.From, t.To, t.Event)
		}
	}
	for _, p := range []books.Phase{books.Paid, books.Undone, books.Void, books.Dropped} {
		fmt.Fprintf(&b, "    %s --> [*]\n", p)
	}
	b.WriteString("```\n\n| in | event | then |\n|---|---|---|\n")
	for _, t := range books.Transitions {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", t.From, t.Event, t.To)
	}
	return b.String()
}
