package spotctl_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// oldName is a command as it was called before. What is a page's or a package's path is no command.
var oldName = regexp.MustCompile(`bin/deploy\b|\bdeploy (up|down|status|outputs|logs|list|doctor|package|upload|release|template|validate)\b|\bcoordinator (plan|simulate|demo|userdata)\b|\bcoordinator once --sim\b`)

// Nobody is told an old name: not by a page, not by a message, not by a comment. It goes with the next release.
func TestNobodyIsToldAnOldName(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--", "*.go", "*.md", "*.yaml", "*.tf", "*.sh", "*.mk").Output()
	if err != nil {
		t.Skipf("no checkout: %v", err)
	}
	files := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	if len(files) < 100 {
		t.Fatalf("only %d files are known", len(files))
	}
	for _, name := range files {
		if strings.HasPrefix(name, "test/spotctl/") || strings.HasPrefix(name, "pkg/cli/") || name == "CHANGELOG.md" { // which tells what it was called
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // removed, and not committed yet
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if found := oldName.Find(line); found != nil && !bytes.Contains(line, []byte("is the old name of")) {
				t.Errorf("%s:%d says %q", name, i+1, found)
			}
		}
	}
}
