package stack

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const iamDocument = "../../docs/iam.md"

func document(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(iamDocument)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// between cuts out what stands between two marks of the document.
func between(t *testing.T, mark string) string {
	t.Helper()
	_, rest, ok := strings.Cut(document(t), "<!-- "+mark+" -->\n")
	if !ok {
		t.Fatalf("%s lacks the mark %q", iamDocument, mark)
	}
	rest, _, _ = strings.Cut(rest, "<!-- /"+mark+" -->")
	return rest
}

func TestEachActionIsExplainedOnce(t *testing.T) {
	t.Parallel()
	for mark, role := range map[string]string{"actions": "FunctionRole", "updater": "UpdaterRole"} {
		explains(t, mark, everyAction(t, role))
	}
}

func explains(t *testing.T, mark string, granted map[string]string) {
	t.Helper()
	explained := map[string]bool{}
	for _, line := range strings.Split(between(t, mark), "\n")[2:] {
		cells := strings.Split(line, "|")
		if len(cells) < 2 {
			continue
		}
		action := strings.Trim(cells[1], " `")
		switch {
		case len(cells) != 5 || strings.TrimSpace(cells[2]) == "" || strings.TrimSpace(cells[3]) == "":
			t.Errorf("%s: want what it is for, and what breaks without it: %q", action, line)
		case granted[action] == "":
			t.Errorf("%s is explained, and not granted", action)
		case explained[action]:
			t.Errorf("%s is explained twice", action)
		}
		explained[action] = true
	}
	for _, action := range slices.Sorted(maps.Keys(granted)) {
		if !explained[action] {
			t.Errorf("%s (%s) is granted, and not explained", action, granted[action])
		}
	}
}

func TestEachStatementIsExplained(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(document(t), "<!-- actions -->")
	head += between(t, "updater")
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("`([A-Z][A-Za-z]+)`").FindAllStringSubmatch(head, -1) {
		explained[m[1]] = true
	}
	for _, s := range append(everything(t).statements("FunctionRole"), everything(t).statements("UpdaterRole")...) {
		if sid := s["Sid"].(string); !explained[sid] {
			t.Errorf("the statement %s is not explained", sid)
		}
	}
}

// What a customer's own key needs is what ours has.
func TestTheKeyPolicyInTheDocumentIsOurs(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(document(t), "```json\n")
	text, _, _ = strings.Cut(text, "```")
	text = strings.NewReplacer("ACCOUNT", account, "REGION", region, "STACK", stackName).Replace(text)
	text = strings.ReplaceAll(text, region+".amazonaws.com", region+".suffix.invalid") // the suffix of the tests
	var want []any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	got := list(at(everything(t).properties("Key"), "KeyPolicy", "Statement"))[1:] // the account's own right comes with every key
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the template says %v\nthe document %v", got, want)
	}
}
