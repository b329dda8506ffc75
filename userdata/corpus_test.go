package userdata

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// corpus reads testdata/corpus: what owners write, and the odd cases of it.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*")
	if err != nil || len(paths) < 120 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = b
	}
	return files
}

// all has a checksum for every build.
func all() Settings {
	s := sample()
	s.SHA256[windows] = strings.Repeat("2c", 32)
	return s
}

func TestEveryFileOfTheCorpusComesBackToTheByte(t *testing.T) {
	t.Parallel()
	for name, owner := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, note := inject(t, owner, all())
			_, injected := Injected(out)
			if injected == bytes.Equal(out, owner) || !injected && !strings.HasPrefix(note, "passed through unchanged: ") {
				t.Fatalf("injected: %v, note %q", injected, note)
			}
			if injected && len(out) > Limit {
				t.Errorf("%d bytes", len(out))
			}
			if got := Remove(out); !bytes.Equal(got, owner) {
				t.Errorf("came back as %q", got)
			}
			if got := Remove(owner); !bytes.Equal(got, owner) {
				t.Errorf("removing from the original changed it to %q", got)
			}
			if again, _ := inject(t, out, all()); !bytes.Equal(again, out) {
				t.Error("injecting again changed it")
			}
			other := all()
			other.Group, other.Grace, other.Probe, other.Version = "another", time.Minute, "tcp:80", "v9"
			second, _ := inject(t, out, other)
			direct, _ := inject(t, owner, other)
			if injectedToo, _ := Injected(direct); injectedToo.Group == "another" && !bytes.Equal(second, direct) {
				t.Error("injecting with other settings over ours differs from injecting those at once")
			}
		})
	}
}

// TestWhatBecomesOfEachFile is a table for people: a line for each file.
func TestWhatBecomesOfEachFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	files := corpus(t)
	for _, name := range sorted(files) {
		owner := files[name]
		out, note := inject(t, owner, all())
		if note == "" {
			note = "injected"
		}
		fmt.Fprintf(&b, "%-36s %5d → %5d  %s: %s\n", name, len(owner), len(out), Detect(owner), strings.TrimPrefix(note, "passed through "))
	}
	golden(t, "corpus.golden", []byte(b.String()))
}

// TestTheMessagesAreAsReviewed shows whole outputs, the bootstrap left out.
func TestTheMessagesAreAsReviewed(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	for _, name := range []string{"empty-crlf", "shell-crlf", "cloud-config", "cloud-config-comments", "include-once", "jinja-script", "boothook", "part-handler",
		"cloud-config-archive", "mime-aws-docs", "mime-crlf", "mime-nested", "mime-terraform", "mime-no-end", "mime-single-part", "nodeadm-raw",
		"gzip-mime", "gzip-cloud-config", "gzip-shell-utf8", "windows-yaml-indented"} {
		out, _ := inject(t, files[name], all())
		if bytes.HasPrefix(out, gzipMagic) {
			out = unpack(out)
		}
		text := strings.Replace(string(out), render(all()), "<the bootstrap, testdata/script.golden>\n", 1)
		if head, rest, ok := strings.Cut(text, "# spotd-begin"); ok {
			_, rest, _ = strings.Cut(rest, "# spotd-end")
			text = head + "<a task with bootstrap.ps1>" + rest
		}
		golden(t, filepath.Join("golden", name+".golden"), []byte(text))
	}
	out, _ := inject(t, files["windows-powershell-persist"], all())
	golden(t, "windows.golden", out)
	golden(t, "windows.ps1.golden", []byte(renderWindows(all())))
}
